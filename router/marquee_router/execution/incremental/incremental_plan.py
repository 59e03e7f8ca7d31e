"""`IncrementalPlan`: a plan with `@defer`, compiled. `incremental_run` runs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from marquee_router.errors import FormattedError
from marquee_router.execution.error_report import Reporter
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.incremental.added_fields import AddedFields
from marquee_router.execution.incremental.records import PendingFragment
from marquee_router.execution.plan_nodes import Run, compile_nodes
from marquee_router.execution.projection import Projector
from marquee_router.planning.plan import (
    Conditions,
    DeferredFetches,
    OperationKind,
    QueryPlan,
    ResponseSelection,
)


@dataclass(frozen=True, slots=True)
class IncrementalPlan:
    """A plan with deferred fragments, ready to run any number of times at once."""

    plan: QueryPlan
    schema: GraphQLSchema
    projector: Projector
    """Of the whole response."""
    reporter: Reporter
    runs: Mapping[Conditions, Run]
    """The fetches, in groups by the conditions under which their data are delivered."""
    after: Mapping[Conditions, tuple[Conditions, ...]]
    """The groups whose data a group needs."""
    denied: tuple[FormattedError, ...]
    leading: frozenset[int]
    """Selections, by identity, in or below which a fragment is deferred."""
    projectors: dict[tuple[int, str, str], Projector] = field(default_factory=dict)
    """Of single fragments, by selection, object type and deferral; made when first needed."""

    def projector_of(self, fragment: PendingFragment) -> Projector:
        """The projector of the fields that a fragment adds to such an object."""
        key = (id(fragment.selection), fragment.type_name, fragment.deferral.variable)
        found = self.projectors.get(key)
        if found is None:
            fields = fragment.selection.by_type.get(fragment.type_name, ())
            added = AddedFields(fragment.deferral.variable).of(fields)
            selection = ResponseSelection({fragment.type_name: added})
            found = self.projectors[key] = Projector(selection, fragment.type_name, self.schema)
        return found


def compile_incremental(
    plan: QueryPlan,
    schema: GraphQLSchema,
    exchanges: Mapping[str, Exchange],
    *,
    pass_subgraph_messages: bool = True,
    denied: tuple[FormattedError, ...] = (),
) -> IncrementalPlan:
    """Compile a plan that has deferrals; raises `RouterMisconfigured` if a subgraph has no transport."""
    groups = (DeferredFetches((), plan.node), *plan.deferred) if plan.node is not None else plan.deferred
    runs = compile_nodes(
        [group.node for group in groups], schema, exchanges, fresh=plan.kind is not OperationKind.QUERY
    )
    return IncrementalPlan(
        plan=plan,
        schema=schema,
        projector=Projector(plan.response, plan.root_type, schema),
        reporter=Reporter(plan.response, plan.root_type, pass_messages=pass_subgraph_messages),
        runs={group.when: run for group, run in zip(groups, runs, strict=True)},
        after={group.when: group.after for group in groups},
        denied=denied,
        leading=_leading_selections(plan.response),
    )


def _leading_selections(response: ResponseSelection) -> frozenset[int]:
    """The selections, by identity, in or below which a fragment is deferred."""
    leads: dict[int, bool] = {}

    def visit(selection: ResponseSelection) -> bool:
        known = leads.get(id(selection))
        if known is None:
            # Noted before its fields are visited: a selection that contains itself would be visited for ever.
            leads[id(selection)] = bool(selection.deferred)
            below = {id(f.selection): f.selection for fields in selection.by_type.values() for f in fields}
            found = [visit(each) for each in below.values() if each is not None]
            known = leads[id(selection)] = bool(selection.deferred) or any(found)
        return known

    visit(response)
    return frozenset(selection for selection, lead in leads.items() if lead)
