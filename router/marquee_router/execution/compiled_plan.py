"""`CompiledPlan`: a query plan made ready to run: its nodes as coroutines, its response shape as a projector.

Raises nothing while it runs but cancellation: what fails is in the `errors` of the response.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLSchema

from marquee_router.errors import FormattedError
from marquee_router.execution.error_report import Reporter
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.plan_nodes import Run, compile_nodes, exchange_of, interfaces_of
from marquee_router.execution.projection import Projector, Violation
from marquee_router.execution.root_fetch import CompiledRootFetch
from marquee_router.execution.state import Execution
from marquee_router.execution.subgraph_request import compile_root_request
from marquee_router.execution.subscription_source import Begin, CompiledSource
from marquee_router.planning.plan import OperationKind, QueryPlan, Subscribe
from marquee_router.request import Response


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """A plan ready to run, any number of times at once."""

    run: Run | None
    """None if nothing is fetched, as for `{ __typename }`."""
    projector: Projector
    reporter: Reporter
    source: CompiledSource | None = None
    """The source stream of a subscription."""
    is_whole: bool = True
    """False if some of the operation is denied: every response then has the errors that say so."""

    async def execute(self, execution: Execution) -> Response:
        """Run the fetches and encode the response."""
        if self.run is not None:
            await self.run(execution)
        return self.answer(execution)

    def answer(self, execution: Execution) -> Response:
        """The response to what has been collected."""
        data, violations = self.projector.project(execution.data, execution.variables)
        try:
            return self._encoded(execution, data, violations)
        except TypeError:  # a custom scalar nests more levels than the encoder writes
            data, violations = self.projector.shallow(execution.data, execution.variables)
            return self._encoded(execution, data, violations)

    def _encoded(
        self, execution: Execution, data: dict[str, Any] | None, violations: list[Violation]
    ) -> Response:
        if self.is_whole and not violations and not execution.failures:
            return Response(b'{"data":' + orjson.dumps(data) + b"}")
        errors = self.reporter.report(execution, violations)
        if not errors:
            return Response(b'{"data":' + orjson.dumps(data) + b"}")
        return Response(orjson.dumps({"data": data, "errors": errors}), has_errors=True)

    async def events(self, begin: Begin) -> AsyncGenerator[Response, None]:
        """Yield a response per event of the source stream; `begin` makes the execution of each."""
        assert self.source is not None
        async with aclosing(self.source.stream(begin)) as stream:
            async for execution in stream:
                yield await self.execute(execution)


def compile_plan(
    plan: QueryPlan,
    schema: GraphQLSchema,
    exchanges: Mapping[str, Exchange],
    *,
    pass_subgraph_messages: bool = True,
    denied: tuple[FormattedError, ...] = (),
) -> CompiledPlan:
    """Compile `plan` against the API schema; raises `RouterMisconfigured` for a subgraph without transport.

    `denied` are errors of every response.
    """
    node, source, root = plan.node, None, None
    if isinstance(node, Subscribe):
        root = node.source
        node = node.rest
        exchange = exchange_of(exchanges, root.subgraph)
        request = compile_root_request(root.operation, root.variables, root.operation_name)
        source = CompiledSource(CompiledRootFetch(root, exchange, interfaces_of(schema)), request, exchange)
    run = None
    if node is not None:
        fresh = plan.kind is not OperationKind.QUERY
        [run] = compile_nodes([node], schema, exchanges, fresh=fresh, source=root)
    reporter = Reporter(plan.response, plan.root_type, pass_messages=pass_subgraph_messages, denied=denied)
    projector = Projector(plan.response, plan.root_type, schema)
    return CompiledPlan(run, projector, reporter, source, is_whole=not denied)
