"""The engine of one supergraph: prepares operations, executes them, and answers in bytes.

Owns the order of the stages and the caches between them. Knows no HTTP: transports call it and shape what it
returns. A reload makes a new engine and lets the old one finish its operations.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from copy import copy
from dataclasses import replace
from typing import Any

from graphql import GraphQLSchema

from marquee_router.caching import observing
from marquee_router.caching.caching_exchange import CachingExchange, set_requester
from marquee_router.engine.operation_cache import OperationCache
from marquee_router.engine.operations import PreparedOperation
from marquee_router.engine.options import EngineOptions
from marquee_router.engine.plan_variants import PlanVariants
from marquee_router.engine.policies import OperationPolicies, SubgraphAccess
from marquee_router.engine.preparation import Preparation
from marquee_router.engine.workers import Workers
from marquee_router.errors import RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat, PartWriter
from marquee_router.execution.incremental.incremental_run import response_parts
from marquee_router.execution.introspection import Answer, Introspect
from marquee_router.execution.state import Execution
from marquee_router.instrumentation import PreparationHook
from marquee_router.request import GraphQLRequest, RequestContext, Response
from marquee_schema.supergraph import Supergraph


class Engine:
    """Answers GraphQL requests on one supergraph."""

    def __init__(
        self,
        supergraph: Supergraph,
        subgraphs: SubgraphAccess,
        *,
        options: EngineOptions | None = None,
        policies: OperationPolicies | None = None,
        preparation_hook: PreparationHook | None = None,
    ) -> None:
        self.supergraph = supergraph
        self._subgraphs = subgraphs
        self._options = options or EngineOptions()
        self._documents = policies.documents if policies is not None else None
        self._workers = Workers()
        preparation = Preparation(supergraph, subgraphs.exchanges, self._options, policies)
        self._compiler = preparation.compiler
        self._reused = None if preparation_hook is None else preparation_hook.reused
        self._operations = OperationCache(preparation, self._options, self._workers, preparation_hook)
        self._variants = PlanVariants(
            supergraph.override_labels,
            policies.decide_override if policies is not None else None,
            self._options,
            self._workers,
        )
        self._observes = self._options.answer_caching.from_subgraphs
        self._caches_subgraphs = any(isinstance(e, CachingExchange) for e in subgraphs.exchanges.values())

    @property
    def api_schema(self) -> GraphQLSchema:
        """The schema that clients see."""
        return self.supergraph.api_schema

    async def prepare(self, request: GraphQLRequest, context: RequestContext) -> PreparedOperation:
        """Return the operation of `request`, from the cache if it is there; raises `RequestError` if it is
        refused."""
        text = request.query
        if self._documents is not None:
            text = await self._documents.text_of(request, context)
        if not text:
            raise RequestError("The request has no query.")
        key = (text, request.operation_name)
        outcome = self._operations.get(key)
        if outcome is None:
            outcome = await self._operations.prepare(key, context.span)
        elif self._reused is not None:
            self._reused()
        if isinstance(outcome, RequestError):
            # A copy: the refusal that is kept would keep the frames of the request that was refused last.
            raise copy(outcome)
        return outcome

    async def execute(
        self, prepared: PreparedOperation, request: GraphQLRequest, context: RequestContext
    ) -> Response:
        """Run a query or mutation. Raises `RequestError` if its variables are refused.

        Any later failure is in the `errors` of the response.
        """
        variables = prepared.coerce(request.variables)
        if prepared.check is not None:
            prepared.check(variables, context)
        compiled = prepared.compiled
        if prepared.variation is not None:
            compiled = await self._variants.plan_for(prepared, context, self._compiler.variant)
        execution = self._begin(variables, context)
        if prepared.introspect is not None:
            execution.data.update(await self._introspected(prepared.introspect, variables))
        if self._observes and prepared.answer_policy is not None:
            with observing() as observed:
                response = await compiled.execute(execution)
            headers = observed.headers(prepared.answer_policy)
        else:
            response, headers = await compiled.execute(execution), prepared.headers
        return response if not headers or response.has_errors else replace(response, headers=headers)

    async def execute_in_parts(
        self,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        context: RequestContext,
        format_: IncrementalFormat,
    ) -> AsyncIterator[Response]:
        """Run an operation with deferred fragments; yields one response per part.

        Raises `RequestError` on the first step if its variables are refused.
        """
        incremental = prepared.incremental
        assert incremental is not None
        variables = _checked_variables(prepared, request, context)
        plan = incremental.compiled
        if incremental.variation is not None:
            plan = await self._variants.plan_for(incremental, context, self._compiler.incremental_variant)
        execution = self._begin(variables, context)
        if prepared.introspect is not None:
            execution.data.update(await self._introspected(prepared.introspect, variables))
        writer = PartWriter(format_)
        parts = response_parts(plan, execution)
        try:
            async for part in parts:
                yield writer.write(part)
        finally:
            await parts.aclose()

    async def subscribe(
        self, prepared: PreparedOperation, request: GraphQLRequest, context: RequestContext
    ) -> AsyncIterator[Response]:
        """Run a subscription: yields one response per event. Raises `RequestError` on the first step if it is
        refused."""
        variables = _checked_variables(prepared, request, context)
        compiled = prepared.compiled
        if prepared.variation is not None:
            compiled = await self._variants.plan_for(prepared, context, self._compiler.variant)
        # A deadline is for one response. A subscription has many; each of its calls has its own timeout.
        lasting = replace(context, deadline=None)
        events = compiled.events(lambda: self._begin(variables, lasting))
        try:
            async for response in events:
                yield response
        finally:
            await events.aclose()

    async def _introspected(self, introspect: Introspect, variables: dict[str, Any]) -> Answer:
        known = introspect.known(variables)
        if known is None:
            known = await asyncio.get_running_loop().run_in_executor(
                self._workers.introspection, introspect.answer, variables
            )
            introspect.keep(variables, known)
        return known

    def _begin(self, variables: dict[str, Any], context: RequestContext) -> Execution:
        if self._caches_subgraphs:
            set_requester(context.identity)
        return Execution({}, variables, context, self._options.timeout_seconds, self._subgraphs.header_source)

    def operations_cached(self) -> tuple[int, int]:
        """How many operations are in the cache, and their estimated bytes, variants included."""
        return len(self._operations), self._operations.bytes + self._variants.bytes

    async def warm(self, previous: Engine, limit: int = 500) -> int:
        """Prepare what `previous` answered last; return how many operations are ready to run."""
        return await self._operations.warm(previous._operations, limit)

    async def aclose(self) -> None:
        """End the worker threads, and close the transports if they belong to this engine. No request may
        still run."""
        self._workers.close()
        if self._subgraphs.closes_transports:
            for transport in self._subgraphs.transports.values():
                await transport.aclose()


def _checked_variables(
    prepared: PreparedOperation, request: GraphQLRequest, context: RequestContext
) -> dict[str, Any]:
    """The coerced variables; raises `RequestError` if they do not fit their types or exceed a limit."""
    variables = prepared.coerce(request.variables)
    if prepared.check is not None:
        prepared.check(variables, context)
    return variables
