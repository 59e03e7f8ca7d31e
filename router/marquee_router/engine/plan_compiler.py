"""`PlanCompiler`: plans of one supergraph made ready to run, for everybody or for one variant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from graphql import GraphQLSchema

from marquee_router.engine.operations import IncrementalOperation, PreparedOperation, VariantKey, Variation
from marquee_router.errors import FormattedError, LimitExceeded, OperationUnplannable
from marquee_router.execution.compiled_plan import CompiledPlan, compile_plan
from marquee_router.execution.denied_fields import deny
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.incremental.incremental_plan import IncrementalPlan, compile_incremental
from marquee_router.planning.errors import PlanningError, TooComplexError
from marquee_router.planning.operation import NormalizedOperation
from marquee_router.planning.plan import QueryPlan, ResponseSelection
from marquee_router.planning.planner import Planner
from marquee_router.stages import Pruned


class PlanCompiler:
    """Plans and compiles. Safe to use on several threads."""

    def __init__(
        self,
        planner: Planner,
        schema: GraphQLSchema,
        exchanges: Mapping[str, Exchange],
        *,
        pass_subgraph_messages: bool,
    ) -> None:
        self._planner = planner
        self._schema = schema
        self._exchanges = exchanges
        self._pass_messages = pass_subgraph_messages

    def plan(self, operation: NormalizedOperation, max_ways: int | None) -> QueryPlan:
        """Plan an operation. Raises the planner's errors."""
        return self._planner.plan_operation(operation, max_ways=max_ways)

    def compile(self, plan: QueryPlan, denied: tuple[FormattedError, ...] = ()) -> CompiledPlan:
        """Compile a plan whose answer is one response; `denied` are errors of every answer."""
        return compile_plan(
            plan,
            self._schema,
            self._exchanges,
            pass_subgraph_messages=self._pass_messages,
            denied=denied,
        )

    def compile_incremental(
        self, plan: QueryPlan, denied: tuple[FormattedError, ...] = ()
    ) -> IncrementalPlan:
        """Compile a plan whose answer comes in parts; `denied` are errors of the first."""
        return compile_incremental(
            plan,
            self._schema,
            self._exchanges,
            pass_subgraph_messages=self._pass_messages,
            denied=denied,
        )

    def variant(self, operation: PreparedOperation, key: VariantKey) -> CompiledPlan:
        """Plan and compile an operation for these labels, without what this grant does not include."""
        assert operation.variation is not None
        return self.compile(*self._variant_plan(operation.plan, operation.variation, key))

    def incremental_variant(self, operation: IncrementalOperation, key: VariantKey) -> IncrementalPlan:
        """The same for an operation that is answered in parts."""
        assert operation.variation is not None
        return self.compile_incremental(*self._variant_plan(operation.plan, operation.variation, key))

    def _variant_plan(
        self, whole: QueryPlan, variation: Variation, key: VariantKey
    ) -> tuple[QueryPlan, tuple[FormattedError, ...]]:
        """The plan for what is granted, and an error for each denied field.

        The answer keeps the shape of the whole operation: a denied field is there, and null. Only the fetches
        are those of the granted part, so that a denied field is never asked for.
        """
        pruned = Pruned(variation.normalised)
        if variation.protected is not None:
            pruned = variation.protected.prune(key.grant)
        varied, kept = replace(whole, node=None, deferred=()), ResponseSelection({})
        if pruned.operation is not None:
            with planning_refusals():
                plan = self._planner.plan_operation(pruned.operation, override_labels=key.labels)
            varied, kept = replace(whole, node=plan.node, deferred=plan.deferred), plan.response
        if pruned.errors:
            varied = replace(varied, response=deny(whole.response, kept))
        return varied, pruned.errors


@contextmanager
def planning_refusals(max_ways: int | None = None) -> Iterator[None]:
    """Turn the planner's errors into refusals of the request.

    A `TooComplexError` for exactly `max_ways` passes: the caller set that bound, and tries again elsewhere.
    """
    try:
        yield
    except TooComplexError as error:
        if error.maximum is None:
            raise LimitExceeded(error.message, extensions={"limit": "planning"}) from error
        if error.maximum == max_ways:
            raise
        extensions = {"limit": "max_planning", "maximum": error.maximum}
        raise LimitExceeded(error.message, extensions=extensions) from error
    except PlanningError as error:
        raise OperationUnplannable(error.message) from error
