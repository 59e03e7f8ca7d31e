"""`@defer`: each deferred fragment is one more condition on the fields inside it.

Owns the pseudo-variables that stand for deferred fragments (`@0`, `@1`), and keeps their conditions apart
from those of `@skip` and `@include`. While a fragment's variable is false its fields are not shown yet; once
it is true they are delivered. In `{ a ... @defer { b @include(if: $x) } }` the conditions of `b` are `@0` and
`$x`, of which the subgraph is sent only `$x`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from graphql import (
    REMOVE,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    GraphQLDeferDirective,
    GraphQLSchema,
    StringValueNode,
    VariableNode,
    Visitor,
    VisitorAction,
    visit,
)

from marquee_router.planning.conditions import ALWAYS, any_of, both, either, single
from marquee_router.planning.plan import Condition, Conditions, Deferral

DIRECTIVE = GraphQLDeferDirective.name
_MARK = "@"
"""Begins the name of each pseudo-variable; no variable of a client has it."""


class Deferrals:
    """The deferred fragments of one operation, as they are found."""

    def __init__(self) -> None:
        self._found: dict[int, Deferral] = {}

    @property
    def found(self) -> tuple[Deferral, ...]:
        """All deferred fragments, in the order found."""
        return tuple(self._found.values())

    def of(self, directives: Iterable[DirectiveNode]) -> Deferral | None:
        """The deferral of a fragment with these directives; None when it is not deferred."""
        for directive in directives:
            if directive.name.value == DIRECTIVE:
                known = self._found.get(id(directive))
                return known or self._read(directive)
        return None

    def _read(self, directive: DirectiveNode) -> Deferral | None:
        label: str | None = None
        variable: str | None = None
        for argument in directive.arguments or ():
            value = argument.value
            if argument.name.value == "label" and isinstance(value, StringValueNode):
                label = value.value
            elif argument.name.value == "if" and isinstance(value, VariableNode):
                variable = value.name.value
            elif isinstance(value, BooleanValueNode) and not value.value:
                return None
        found = Deferral(f"{_MARK}{len(self._found)}", label, variable)
        self._found[id(directive)] = found
        return found


def with_deferral(conditions: Conditions, deferral: Deferral) -> Conditions:
    """The conditions of a fragment's fields, which hold only once it is delivered."""
    return both(conditions, single(deferral.variable, True)) or conditions


def without_deferral(conditions: Conditions) -> Conditions:
    """The conditions of `@skip` and `@include` alone, as subgraphs are sent them."""
    return _only(conditions, deferred=False)


def deferral_of(conditions: Conditions) -> Conditions:
    """The conditions of deferred fragments alone; `ALWAYS` for a field of the first answer."""
    return _only(conditions, deferred=True)


def before_delivery(conditions: Conditions, deferrals: Iterable[Deferral]) -> Conditions | None:
    """When the conditions hold before any deferred fragment is delivered; None if they do not hold then.

    The fields of a deferred fragment are not selected yet, unless its `if` says that it is not deferred:
    those of `... @defer(if: $slow)` are selected at once when `$slow` is false.
    """
    switches = {deferral.variable: deferral.condition for deferral in deferrals}
    found: Conditions | None = ALWAYS if not conditions else None
    for conjunction in conditions:
        held: Conditions | None = ALWAYS
        for term in conjunction:
            own = _before_delivery(term, switches)
            held = both(held, own) if held is not None and own is not None else None
        found = either(found, held)
    return found


def _before_delivery(term: Condition, switches: Mapping[str, str | None]) -> Conditions | None:
    if term.variable not in switches:
        return ((term,),)
    switch = switches[term.variable]
    return single(switch, False) if switch is not None else None


def implies(one: Conditions, other: Conditions) -> bool:
    """True if `other` holds wherever `one` does."""
    return either(one, other) == other


def _only(conditions: Conditions, *, deferred: bool) -> Conditions:
    if not conditions:
        return ALWAYS
    kept = [
        tuple(term for term in conjunction if term.variable.startswith(_MARK) is deferred)
        for conjunction in conditions
    ]
    if not all(kept):
        return ALWAYS
    found = any_of((conjunction,) for conjunction in kept)
    return found if found is not None else ALWAYS


def without_defer(document: DocumentNode) -> DocumentNode:
    """The document without `@defer`; the very same object when it has none."""
    found: DocumentNode = visit(document, _WithoutDefer())
    return found


class _WithoutDefer(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value == DIRECTIVE else None


def with_defer(schema: GraphQLSchema) -> GraphQLSchema:
    """The schema with the directive `@defer` added; its types are the very same objects."""
    if schema.get_directive(DIRECTIVE) is not None:
        return schema
    arguments = schema.to_kwargs()
    arguments["directives"] = (*schema.directives, GraphQLDeferDirective)
    arguments["assume_valid"] = True
    return GraphQLSchema(**arguments)
