"""The fields of a selection set on each object type, with fragments resolved and conditions gathered.

Owns the specification's CollectFields, for all possible types at once (GraphQL specification, 6.3.2). Never
looks below the fields that it finds. Iterative, and bounded in the number of selections that it visits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    is_abstract_type,
    is_object_type,
)

from marquee_router.planning.conditions import ALWAYS, any_of, both, either, given, single
from marquee_router.planning.deferral import Deferrals, with_deferral
from marquee_router.planning.errors import NormalisationError, TooComplexError
from marquee_router.planning.plan import Conditions, DeferredHere, Reserved

Part: TypeAlias = tuple[SelectionSetNode, Conditions]
"""A selection set below a field, and its conditions beyond the field's own."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which a response path is selected: its declared type, and the selection sets that apply."""

    type_name: str
    parts: tuple[Part, ...]
    context: Conditions = ALWAYS
    """What holds for certain wherever the path is reached."""

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for variants that select the same."""
        return (self.type_name, self.context, *((id(node), conditions) for node, conditions in self.parts))


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A field node, the object types on which it is selected, and when."""

    node: FieldNode
    types: frozenset[str]
    conditions: Conditions


@dataclass(frozen=True, slots=True)
class Collected:
    """All occurrences of one response key on one object type, merged."""

    response_key: str
    node: FieldNode
    conditions: Conditions
    parts: tuple[Part, ...]
    reserves: Reserved = ()
    """Later fields that come before this one in the answer whenever their conditions hold."""


class Collector:
    """Collects fields from selection sets of one document."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: Mapping[str, FragmentDefinitionNode],
        max_selections: int,
        deferrals: Deferrals | None = None,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._remaining = max_selections
        self._deferrals = deferrals
        self._deferred: dict[tuple[object, ...], dict[str, list[DeferredHere]]] = {}
        self._possible: dict[str, frozenset[str]] = {}

    def possible_types(self, name: str) -> frozenset[str]:
        """The object types of the API schema that a value of the named type can have."""
        found = self._possible.get(name)
        if found is None:
            named = self._schema.get_type(name)
            if is_object_type(named):
                found = frozenset((name,))
            elif is_abstract_type(named):
                found = frozenset(t.name for t in self._schema.get_possible_types(named))
            else:
                raise NormalisationError(f'There is no type "{name}" to select from')
            self._possible[name] = found
        return found

    def collect(self, variant: Variant) -> dict[str, tuple[Collected, ...]]:
        """The fields on each object type, in document order; equal tuples are the same object."""
        occurrences = self._occurrences(variant)
        shared: dict[tuple[int, ...], tuple[Collected, ...]] = {}
        found: dict[str, tuple[Collected, ...]] = {}
        # Types on which the same occurrences apply share their fields: often all types of an interface do.
        for type_name in sorted(self.possible_types(variant.type_name)):
            indexes = tuple(i for i, occurrence in enumerate(occurrences) if type_name in occurrence.types)
            if indexes not in shared:
                shared[indexes] = _merge([occurrences[i] for i in indexes])
            found[type_name] = shared[indexes]
        return found

    def deferred(self, variant: Variant) -> Mapping[str, tuple[DeferredHere, ...]]:
        """The deferred fragments of a variant that was collected, on each object type."""
        found = self._deferred.get(variant.key, {})
        return {type_name: tuple(dict.fromkeys(here)) for type_name, here in found.items()}

    def _defer(
        self,
        variant: Variant,
        selection: InlineFragmentNode | FragmentSpreadNode,
        conditions: Conditions,
        types: frozenset[str],
    ) -> Conditions:
        """The conditions of a fragment's fields with its own `@defer` added."""
        deferral = self._deferrals.of(selection.directives or ()) if self._deferrals is not None else None
        if deferral is None:
            return conditions
        later = given(variant.context, with_deferral(conditions, deferral))
        if later is None or later == conditions:
            return conditions  # the fragment is spread inside itself, where its fields are deferred already
        here = self._deferred.setdefault(variant.key, {})
        for type_name in types:
            here.setdefault(type_name, []).append(DeferredHere(deferral.variable, conditions))
        return later

    def _occurrences(self, variant: Variant) -> list[Occurrence]:
        """The field nodes of a variant, in document order."""
        found: list[Occurrence] = []
        types = self.possible_types(variant.type_name)
        seen: set[tuple[str, frozenset[str], Conditions]] = set()
        stack: list[tuple[SelectionNode, frozenset[str], Conditions]] = []
        for node, conditions in reversed(variant.parts):
            stack.extend((selection, types, conditions) for selection in reversed(node.selections))
        while stack:
            selection, outer, conditions = stack.pop()
            self._charge()
            remaining = _remaining_conditions(selection, variant.context, conditions)
            if remaining is None:
                continue
            if isinstance(selection, FieldNode):
                found.append(Occurrence(selection, outer, remaining))
            elif isinstance(selection, InlineFragmentNode | FragmentSpreadNode):
                condition, body = self._fragment(selection)
                inner = outer if condition is None else outer & self.possible_types(condition)
                if self._deferrals is not None:
                    remaining = self._defer(variant, selection, remaining, inner)
                if isinstance(selection, FragmentSpreadNode):
                    # A fragment that is spread again in the same way adds nothing: it is visited once.
                    visit = (selection.name.value, outer, remaining)
                    if visit in seen:
                        continue
                    seen.add(visit)
                if inner:
                    stack.extend((nested, inner, remaining) for nested in reversed(body.selections))
        return found

    def _fragment(
        self, selection: InlineFragmentNode | FragmentSpreadNode
    ) -> tuple[str | None, SelectionSetNode]:
        """The type condition of a fragment, None if it has none, and its selection set."""
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            return condition.name.value if condition is not None else None, selection.selection_set
        fragment = self._fragments.get(selection.name.value)
        if fragment is None:
            raise NormalisationError(f'There is no fragment "{selection.name.value}"')
        return fragment.type_condition.name.value, fragment.selection_set

    def _charge(self) -> None:
        self._remaining -= 1
        if self._remaining < 0:
            raise TooComplexError("The operation selects too much")


def _merge(occurrences: list[Occurrence]) -> tuple[Collected, ...]:
    """One field for each response key, at the place of its last occurrence that matters.

    Earlier ones, which may be skipped, reserve its place in the answer: `{ a @include(if: $x) b a }` is
    `b a`, where `b` reserves the place before it for `a` if `$x`.
    """
    grouped: dict[str, list[Occurrence]] = {}
    for occurrence in occurrences:
        grouped.setdefault(_response_key(occurrence), []).append(occurrence)
    merged: dict[int, Collected] = {}
    reserved: dict[int, tuple[str, Conditions]] = {}
    for key, same in grouped.items():
        conditions = any_of(occurrence.conditions for occurrence in same)
        if conditions is None:
            continue
        *earlier, last = _decisive(same, conditions)
        reserved.update((id(occurrence), (key, occurrence.conditions)) for occurrence in earlier)
        merged[id(last)] = _merge_same(key, same, conditions)
    if not reserved:
        return tuple(merged.values())
    found: list[Collected] = []
    pending: list[tuple[str, Conditions]] = []
    # In document order: places that are reserved go to the next field that is really there.
    for occurrence in occurrences:
        if id(occurrence) in reserved:
            pending.append(reserved[id(occurrence)])
        elif id(occurrence) in merged:
            while pending and pending[-1][0] == _response_key(occurrence):
                pending.pop()  # no other field comes between
            found.append(replace(merged[id(occurrence)], reserves=tuple(pending)))
            pending.clear()
    return tuple(found)


def _response_key(occurrence: Occurrence) -> str:
    node = occurrence.node
    return node.alias.value if node.alias is not None else node.name.value


def _decisive(same: list[Occurrence], conditions: Conditions) -> list[Occurrence]:
    """The occurrences up to the first after which no other makes the field appear more often."""
    covered: Conditions | None = None
    for number, occurrence in enumerate(same):
        covered = either(covered, occurrence.conditions)
        if covered == conditions:
            return same[: number + 1]
    return same


def _merge_same(key: str, same: list[Occurrence], conditions: Conditions) -> Collected:
    parts: dict[tuple[int, Conditions], Part] = {}
    for occurrence in same:
        node = occurrence.node
        remaining = given(conditions, occurrence.conditions)
        if node.selection_set is not None and remaining is not None:
            parts[id(node.selection_set), remaining] = (node.selection_set, remaining)
    return Collected(key, same[0].node, conditions, tuple(parts.values()))


def _remaining_conditions(
    selection: SelectionNode, context: Conditions, conditions: Conditions
) -> Conditions | None:
    """The conditions of a selection beyond what holds for certain; None if it is never read."""
    own = _own_conditions(selection.directives or ())
    combined = both(conditions, own) if own is not None else None
    return given(context, combined) if combined is not None else None


def _own_conditions(directives: tuple[DirectiveNode, ...]) -> Conditions | None:
    found: Conditions | None = ALWAYS
    for directive in directives:
        name = directive.name.value
        if name not in ("skip", "include"):
            continue
        expected = name == "include"
        for argument in directive.arguments or ():
            if argument.name.value != "if":
                continue
            value = argument.value
            if isinstance(value, VariableNode):
                found = both(found, single(value.name.value, expected)) if found is not None else None
            elif isinstance(value, BooleanValueNode) and value.value is not expected:
                found = None
    return found
