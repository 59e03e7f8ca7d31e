"""`@override`: moving a field from one subgraph to another, at once or progressively by a label.

OVERRIDE_FROM_SELF_ERROR, OVERRIDE_SOURCE_HAS_OVERRIDE, OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
OVERRIDE_ON_INTERFACE, OVERRIDE_LABEL_INVALID; hints FROM_SUBGRAPH_DOES_NOT_EXIST,
OVERRIDE_DIRECTIVE_CAN_BE_REMOVED, OVERRIDDEN_FIELD_CAN_BE_REMOVED and OVERRIDE_MIGRATION_IN_PROGRESS.
"""

import re
from dataclasses import dataclass, field

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.model import AppliedDirective, Field, InterfaceType
from marquee_schema.composition.report import listed
from marquee_schema.composition.suggestions import did_you_mean

_LABEL = re.compile(r"[a-zA-Z][a-zA-Z0-9_\-:./]*")
_PERCENT = re.compile(r"percent\((\d{1,2}(\.\d{1,8})?|100)\)", re.ASCII)


@dataclass(slots=True)
class Overrides:
    """The effect of `@override` on one field, as indexes of subgraphs.

    `used` subgraphs are overridden but still need the field, for a key or an interface; `unused` ones do not.
    `labels` has both sides of each progressive override.
    """

    used: set[int] = field(default_factory=set)
    unused: set[int] = field(default_factory=set)
    unknown_source: set[int] = field(default_factory=set)
    labels: dict[int, str] = field(default_factory=dict)

    def is_overridden(self, index: int) -> bool:
        """True if another subgraph overrides this one."""
        return index in self.used or index in self.unused

    def has_unknown_source(self, index: int) -> bool:
        """True if this subgraph overrides one that does not exist."""
        return index in self.unknown_source


_NONE = Overrides()


def check_override(context: MergeContext, sources: Sources[Field], target: Field) -> Overrides:
    """Checks every `@override` on a field; returns which subgraphs are overridden."""
    overriding: dict[int, AppliedDirective] = {}
    for index, source in sources.present.items():
        applied = source.applied("override") if source.directives else None
        if applied is not None:
            overriding[index] = applied
    if not overriding:
        return _NONE
    overrides = Overrides()
    for index, applied in overriding.items():
        _Override(context, sources, target, index, applied).check(overriding, overrides)
    return overrides


@dataclass(frozen=True, slots=True)
class _Override:
    """One `@override` on one field."""

    context: MergeContext
    sources: Sources[Field]
    target: Field
    index: int
    applied: AppliedDirective

    def check(self, overriding: dict[int, AppliedDirective], overrides: Overrides) -> None:
        context, own = self.context, self.sources.present[self.index]
        name, coordinate = context.subgraphs[self.index].name, self.target.coordinate
        if isinstance(own.parent, InterfaceType):
            self._error(
                ErrorCode.OVERRIDE_ON_INTERFACE,
                f'@override cannot be used on field "{coordinate}" on subgraph "{name}": it is not supported'
                " on fields of interfaces.",
            )
            return
        if context.subgraphs[self.index].is_interface_object(own.parent):
            self._error(
                ErrorCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
                f'@override cannot be used on field "{coordinate}" on subgraph "{name}": it is not supported'
                " on fields of @interfaceObject types.",
            )
            return
        source_name = str(self.applied.arguments.get("from"))
        if source_name not in context.names:
            overrides.unknown_source.add(self.index)
            self._hint(
                HintCode.FROM_SUBGRAPH_DOES_NOT_EXIST,
                f'Source subgraph "{source_name}" for field "{coordinate}" on subgraph "{name}" does not'
                f" exist.{did_you_mean(source_name, context.names)}",
            )
            return
        source_index = context.names.index(source_name)
        if source_index == self.index:
            self._error(
                ErrorCode.OVERRIDE_FROM_SELF_ERROR,
                f'Source and destination subgraphs "{name}" are the same for overridden field'
                f' "{coordinate}".',
            )
        elif source_index in overriding:
            self._error(
                ErrorCode.OVERRIDE_SOURCE_HAS_OVERRIDE,
                f'Field "{coordinate}" on subgraph "{name}" overrides subgraph "{source_name}", where it has'
                " an @override too: only one of them can.",
            )
        else:
            self._check_source(source_index, overrides)

    def _check_source(self, source_index: int, overrides: Overrides) -> None:
        context, coordinate = self.context, self.target.coordinate
        name, source_name = context.names_of((self.index, source_index))
        source = self.sources.present.get(source_index)
        if source is None:
            # The source may resolve the field through an interface object alone: `type Media @interfaceObject
            # { views }` resolves `Book.views`. It has no `Book.views` that could be taken away.
            through = [
                f for i, f in context.abstracted_fields(self.target, self.target.parent) if i == source_index
            ]
            if through:
                abstracting = listed((field.parent.name for field in through), "type")
                self._error(
                    ErrorCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
                    f'Invalid @override on field "{coordinate}" of subgraph "{name}": source subgraph'
                    f' "{source_name}" does not have the field itself but abstracts it in @interfaceObject'
                    f" {abstracting}, and that cannot be overridden.",
                )
            else:
                self._hint(
                    HintCode.OVERRIDE_DIRECTIVE_CAN_BE_REMOVED,
                    f'Field "{coordinate}" on subgraph "{name}" no longer exists in the from subgraph'
                    f' "{source_name}". The @override directive can be removed.',
                )
            return
        colliding = self._collision(source, source_index)
        if colliding:
            directive, where = colliding
            self._error(
                ErrorCode.OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE,
                f'@override cannot be used on field "{coordinate}" on subgraph "{name}" since "{coordinate}"'
                f' on "{where}" is marked with directive @{directive}.',
            )
            return
        self._mark_overridden(source, source_index, overrides)

    def _collision(self, source: Field, source_index: int) -> tuple[str, str] | None:
        """A directive that makes the override impossible, with the subgraph that applies it; None if there is
        none."""
        name, source_name = self.context.names_of((self.index, source_index))
        for directive in ("requires", "provides"):
            if source.applied(directive):
                return directive, source_name
        if self.context.is_external(self.index, self.sources.present[self.index]):
            return "external", name
        return None

    def _mark_overridden(self, source: Field, source_index: int, overrides: Overrides) -> None:
        context, coordinate = self.context, self.target.coordinate
        name, source_name = context.names_of((self.index, source_index))
        label = self.applied.arguments.get("label")
        is_used = context.subgraphs[source_index].facts.is_used(source)
        if context.is_external(source_index, source):
            self._hint(
                HintCode.OVERRIDE_DIRECTIVE_CAN_BE_REMOVED,
                f'Field "{coordinate}" on subgraph "{name}" is not resolved anymore by the from subgraph'
                f' "{source_name}" (it is marked @external there). The @override directive can be removed.',
            )
        else:
            (overrides.used if is_used else overrides.unused).add(source_index)
            if not label:
                still = (
                    " It is still used in some federation directives (@key, @requires, @provides or an"
                    " interface), so mark it @external instead."
                    if is_used
                    else " Consider removing it."
                )
                self._hint(
                    HintCode.OVERRIDDEN_FIELD_CAN_BE_REMOVED,
                    f'Field "{coordinate}" on subgraph "{source_name}" is overridden by subgraph'
                    f' "{name}".{still}',
                    {source_index: source},
                )
        if label:
            self._note_label(str(label), source, source_index, overrides)

    def _note_label(self, label: str, source: Field, source_index: int, overrides: Overrides) -> None:
        coordinate = self.target.coordinate
        name, source_name = self.context.names_of((self.index, source_index))
        if _LABEL.fullmatch(label) or _PERCENT.fullmatch(label):
            # Both sides carry the label: the router reads the new subgraph while it is on, and the old one
            # while it is off.
            overrides.labels[self.index] = overrides.labels[source_index] = label
        else:
            self._error(
                ErrorCode.OVERRIDE_LABEL_INVALID,
                f'Invalid @override label "{label}" on field "{coordinate}" on subgraph "{name}": labels'
                " start with a letter, followed by letters, digits and the characters _-:./, or have the"
                " form percent(x), where x is between 0 and 100.",
            )
        self._hint(
            HintCode.OVERRIDE_MIGRATION_IN_PROGRESS,
            f'Field "{coordinate}" is being migrated from subgraph "{source_name}" to "{name}" with'
            f' progressive @override. Once the migration is complete, remove the field from "{source_name}".',
            {source_index: source},
        )

    def _error(self, code: ErrorCode, message: str) -> None:
        name = self.context.subgraphs[self.index].name
        self.context.report.error(code, message, [(name, self.applied.node)])

    def _hint(self, code: HintCode, message: str, sources: dict[int, Field] | None = None) -> None:
        if sources:
            self.context.hint(code, message, sources)
        else:
            name = self.context.subgraphs[self.index].name
            self.context.report.hint(code, message, [(name, self.applied.node)])
