"""What `@defer` puts off: each deferred fragment is one more condition on the fields that stand in it.

Owns the pseudo-variables that stand for deferred fragments, and the telling apart of their conditions from
those of `@skip` and `@include`. A field is shown once one of its alternatives holds: with the fragment's
variable false it is put off, with it true it is delivered. Subgraphs never see any of this.
"""

from __future__ import annotations

from collections.abc import Iterable

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
from marquee_router.planning.plan import Conditions, Deferral

DIRECTIVE = GraphQLDeferDirective.name
_MARK = "@"


class Deferrals:
    """The deferred fragments of one operation, as they are found."""

    def __init__(self) -> None:
        self._found: dict[int, Deferral] = {}

    @property
    def found(self) -> tuple[Deferral, ...]:
        """All that were found, in the order found."""
        return tuple(self._found.values())

    def of(self, directives: Iterable[DirectiveNode]) -> Deferral | None:
        """The deferral that a fragment's directives ask for; None when it is not put off."""
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
    """The conditions as subgraphs may be told them: without those of deferred fragments."""
    return _only(conditions, deferred=False)


def deferral_of(conditions: Conditions) -> Conditions:
    """Which deferred fragments, and together with which others, bring the field; `ALWAYS` when none need."""
    return _only(conditions, deferred=True)


def implies(one: Conditions, other: Conditions) -> bool:
    """Whether `other` holds wherever `one` does."""
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
    """The same document, in which nothing is deferred; the very same when nothing is."""
    found: DocumentNode = visit(document, _WithoutDefer())
    return found


class _WithoutDefer(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: object) -> VisitorAction:
        return REMOVE if node.name.value == DIRECTIVE else None


def with_defer(schema: GraphQLSchema) -> GraphQLSchema:
    """The same schema, with `@defer` known; the very same types."""
    if schema.get_directive(DIRECTIVE) is not None:
        return schema
    arguments = schema.to_kwargs()
    arguments["directives"] = (*schema.directives, GraphQLDeferDirective)
    arguments["assume_valid"] = True
    return GraphQLSchema(**arguments)
