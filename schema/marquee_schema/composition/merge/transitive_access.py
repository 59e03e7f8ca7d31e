"""MISSING_TRANSITIVE_AUTH_REQUIREMENTS: a field that reads other data by `@requires` or `@fromContext` must
demand at least what that data demands.

Otherwise it would disclose it: with `salary @authenticated` and `tax @requires(fields: "salary")`, anybody
could read `tax` and infer the salary.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.access_control import access_control_names
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import Argument, Element, Field, NamedType
from marquee_schema.composition.selected_fields import Resolved, ResolvedFragment, resolve
from marquee_schema.composition.specs.argument_strategies import dnf_conjunction
from marquee_schema.composition.subgraph.context_argument import parse_context_argument
from marquee_schema.composition.subgraph.federation_directives import fields_argument
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import base_name
from marquee_schema.composition.values import Value
from marquee_schema.field_set import FieldSetError, parse_field_set

Alternatives = list[set[str]]
"""Any of these sets of scopes or policies will do; one that is empty demands nothing."""

_ARGUMENTS = {"requiresScopes": "scopes", "policy": "policies"}


@dataclass(frozen=True, slots=True)
class _Requirements:
    """What a client must have to read something."""

    authenticated: bool
    alternatives: Mapping[str, Alternatives]

    def imply(self, other: "_Requirements") -> bool:
        """True if every client that meets these requirements meets the other ones."""
        if other.authenticated and not self.authenticated:
            return False
        # Each alternative on the field must contain one of the alternatives on the data: `[["a", "b"]]`
        # implies `[["a"], ["c"]]`, since a client with a and b has a.
        return all(
            any(wanted <= given for wanted in other.alternatives[name])
            for name in _ARGUMENTS
            for given in self.alternatives[name]
        )


def check_transitive_access(context: MergeContext) -> None:
    """Checks every `@requires` and `@fromContext` against the requirements of what it reads."""
    controls = access_control_names(context)
    if not controls:
        return
    checker = _Checker(context, controls)
    for index, subgraph in enumerate(context.subgraphs):
        for candidate in subgraph.composites():
            for field in candidate.fields.values():
                checker.check_requires(index, field)
                for argument in field.arguments.values():
                    if argument.directives:
                        checker.check_context(index, field, argument)


class _Checker:
    """Compares requirements on the supergraph."""

    def __init__(self, context: MergeContext, controls: Mapping[str, str]) -> None:
        self._context = context
        self._controls = controls

    def check_requires(self, index: int, field: Field) -> None:
        """Checks the field set of one `@requires`."""
        applied = field.applied("requires") if field.directives else None
        fields = fields_argument(applied) if applied else None
        if fields is not None:
            self._check(index, field, field.parent.name, fields, "@requires")

    def check_context(self, index: int, field: Field, argument: Argument) -> None:
        """Checks the selection of one `@fromContext` on every type that sets the context."""
        applied = argument.applied("fromContext")
        if applied is None:
            return
        name, selection = parse_context_argument(applied.arguments.get("field"))
        subgraph = self._context.subgraphs[index]
        for setter in _setters(subgraph, name):
            target = self._context.merged.types.get(setter.name)
            if target is None:
                continue
            if not self._of_field(field).imply(self._of(target)):
                self._report(index, field, f"data in context {name}", "@fromContext")
            else:
                self._check(index, field, setter.name, selection or "", "@fromContext")

    def _check(self, index: int, field: Field, parent: str, fields: str, directive: str) -> None:
        target = self._context.merged.types.get(parent)
        if target is None:
            return
        try:
            resolved = resolve(self._context.merged, target, parse_field_set(fields))
        except FieldSetError:
            return
        own = self._of_field(field)
        for what, element in self._read(resolved):
            if not own.imply(self._of(element)):
                self._report(index, field, what, directive)
                return

    def _report(self, index: int, field: Field, what: str, directive: str) -> None:
        name = self._context.subgraphs[index].name
        self._context.report.error(
            ErrorCode.MISSING_TRANSITIVE_AUTH_REQUIREMENTS,
            f'[{name}] Field "{field.coordinate}" does not specify the @authenticated, @requiresScopes or'
            f" @policy requirements that are necessary to access the transitive {what} from its {directive}"
            " selection: add them to the field.",
            [(name, field.node)],
        )

    def _read(self, resolved: Sequence[Resolved]) -> Iterator[tuple[str, Element]]:
        """Every field, returned type and type condition that the selection reads."""
        for item in resolved:
            if isinstance(item, ResolvedFragment):
                if item.condition is not None:
                    yield f'inline fragment on "{item.condition.name}"', item.condition
            elif item.definition is not None:
                yield f'field "{item.definition.coordinate}"', item.definition
                returned = self._context.merged.types.get(base_name(item.definition.type))
                if returned is not None:
                    yield f'field "{item.definition.coordinate}"', returned
            yield from self._read(item.children)

    def _of_field(self, field: Field) -> _Requirements:
        """The requirements of a field of the supergraph together with those of its type."""
        owner = self._context.merged.composite(field.parent.name)
        merged = owner.fields.get(field.name) if owner else None
        elements = [element for element in (owner, merged) if element is not None]
        return self._of(*elements)

    def _of(self, *elements: Element) -> _Requirements:
        authenticated = self._controls.get("authenticated")
        return _Requirements(
            any(authenticated is not None and element.has(authenticated) for element in elements),
            {name: self._alternatives(name, elements) for name in _ARGUMENTS},
        )

    def _alternatives(self, canonical: str, elements: Sequence[Element]) -> Alternatives:
        name = self._controls.get(canonical)
        given: list[Value] = [
            applied.arguments.get(_ARGUMENTS[canonical])
            for element in elements
            for applied in (element.named(name) if name else ())
        ]
        combined = dnf_conjunction(given) if given else [[]]
        outer = combined if isinstance(combined, list) else []
        return [set(map(str, inner)) for inner in outer if isinstance(inner, list)] or [set()]


def _setters(subgraph: SubgraphSchema, context: str | None) -> list[NamedType]:
    return [
        candidate
        for candidate in subgraph.types.values()
        if any(applied.arguments.get("name") == context for applied in candidate.all_applied("context"))
    ]
