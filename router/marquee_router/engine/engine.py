"""The engine of one schema generation: prepares operations, executes them, answers in bytes.

Owns the order of the stages and the caches between them. Knows no HTTP: transports call it and shape what
comes back. A reload makes a new engine and lets the old one finish; nothing is shared between generations
but the transports.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import Any, Final, TypeAlias

from graphql import GraphQLSchema

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.caching import AnswerPolicies, ObservedExchange, observing
from marquee_router.caching.cache import SubgraphCache
from marquee_router.caching.caching_exchange import asking
from marquee_router.engine.options import EngineOptions
from marquee_router.engine.preparation import IncrementalOperation, Preparation, PreparedOperation, VariantKey
from marquee_router.errors import RequestError
from marquee_router.event_sources import EventFeeds
from marquee_router.execution.compiled_plan import CompiledPlan
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.incremental.formats import IncrementalFormat, PartWriter
from marquee_router.execution.incremental.incremental_plan import IncrementalPlan
from marquee_router.execution.introspection import Answer, Introspect
from marquee_router.execution.state import Execution, HeaderSource
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.observability.metrics import PreparationCounts
from marquee_router.observability.tracing import OperationSpan, PhaseTimes
from marquee_router.planning.errors import TooComplexError
from marquee_router.planning.override import enabled_labels
from marquee_router.request import GraphQLRequest, RequestContext, Response
from marquee_router.stages import Authorizer, DocumentSource, OperationGuard, OverrideDecision
from marquee_schema.supergraph import Supergraph

logger = logging.getLogger("marquee_router.engine")

_Key: TypeAlias = tuple[str, str | None]
_Outcome: TypeAlias = PreparedOperation | RequestError
_LARGE_CHARACTERS: Final = 2_000
"""Longer documents may take long to prepare."""
_LARGE_WAYS: Final = 1_000
"""And so may those that take longer to plan, which only planning tells: about ten milliseconds."""
_LARGE_BYTES: Final = 100_000
"""Of a prepared operation whose variants may take long to plan."""
_VariantName: TypeAlias = tuple[PreparedOperation | IncrementalOperation, VariantKey]
"""These operations are equal only to themselves."""
_REFUSAL_BYTES = 2_000
"""Of one error of a refusal, at least."""


class Engine:
    """Answers GraphQL requests on one supergraph.

    `transports` maps each subgraph's name to its transport; `aclose` closes them unless `owns_transports` is
    False. `decide_override` says which progressive overrides are on; percentages are drawn per request.
    """

    def __init__(
        self,
        supergraph: Supergraph,
        transports: Mapping[str, SubgraphTransport],
        *,
        options: EngineOptions | None = None,
        document_source: DocumentSource | None = None,
        guard: OperationGuard | None = None,
        authorizer: Authorizer | None = None,
        header_source: HeaderSource | None = None,
        decide_override: OverrideDecision | None = None,
        owns_transports: bool = True,
        counts: PreparationCounts | None = None,
        feeds: EventFeeds | None = None,
        cache: SubgraphCache | None = None,
    ) -> None:
        self.supergraph = supergraph
        self.transports = dict(transports)
        self._options = options or EngineOptions()
        self._counts = counts or PreparationCounts()
        self._document_source = document_source
        self._header_source = header_source
        self._owns_transports = owns_transports
        used: Mapping[str, SubgraphTransport] = self.transports
        if feeds is not None:
            used = feeds.over(supergraph, used, self._options.timeout_seconds)
        self._observes = self._options.subgraphs_say_max_age
        exchange = ObservedExchange if self._observes else Exchange
        exchanges = {name: exchange(name, transport) for name, transport in used.items()}
        self._cache = cache
        if cache is not None:
            exchanges = cache.exchanges(supergraph, used)
        policies = AnswerPolicies(
            supergraph,
            default_max_age=self._options.default_max_age_seconds,
            varying=self._options.varying_headers,
        )
        self._preparation = Preparation(supergraph, exchanges, self._options, guard, authorizer, policies)
        self._decide_override = decide_override
        bounds = self._options
        self._outcomes: LeastRecentlyUsed[_Key, _Outcome] = LeastRecentlyUsed(
            bounds.documents_cached, bounds.documents_cached_bytes
        )
        self._variants: LeastRecentlyUsed[_VariantName, CompiledPlan | IncrementalPlan] = LeastRecentlyUsed(
            bounds.variants_cached, bounds.documents_cached_bytes
        )
        self._under_way: dict[_Key, asyncio.Future[_Outcome]] = {}
        self._variants_under_way: dict[tuple[int, VariantKey], asyncio.Future[CompiledPlan]] = {}
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare")
        self._large_worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="prepare-large")
        self._introspector = ThreadPoolExecutor(max_workers=1, thread_name_prefix="introspect")

    @property
    def api_schema(self) -> GraphQLSchema:
        """The schema clients see."""
        return self.supergraph.api_schema

    async def prepare(self, request: GraphQLRequest, context: RequestContext) -> PreparedOperation:
        """The operation of `request`, from the cache when known; raises `RequestError` when it is refused."""
        text = request.query
        if self._document_source is not None:
            text = await self._document_source.text_of(request, context)
        if not text:
            raise RequestError("The request has no query.")
        key = (text, request.operation_name)
        outcome = self._outcomes.get(key)
        if outcome is None:
            outcome = await self._prepare_once(key, context.span)
        else:
            self._counts.hits += 1
        if isinstance(outcome, RequestError):
            raise copy(outcome)  # else the one that is kept would keep the frames of who asked last
        return outcome

    async def _prepare_once(self, key: _Key, span: OperationSpan | None = None) -> _Outcome:
        """However many ask at once, an operation is prepared once, off the event loop."""
        future = self._under_way.get(key)
        if future is None:
            phases = PhaseTimes()
            future = asyncio.ensure_future(self._in_turn(key, phases))
            future.add_done_callback(lambda _: self._counts.prepared(phases))
            if span is not None:
                future.add_done_callback(lambda _: span.prepared(phases.done))
            self._under_way[key] = future
            future.add_done_callback(lambda _: self._under_way.pop(key, None))
        outcome = await asyncio.shield(future)
        self._outcomes.put(key, outcome, _size(key, outcome))
        return outcome

    async def _in_turn(self, key: _Key, phases: PhaseTimes) -> _Outcome:
        """Operations that take long have a worker of their own: no small one waits for them."""
        loop = asyncio.get_running_loop()
        if len(key[0]) <= _LARGE_CHARACTERS:
            with suppress(TooComplexError):
                return await loop.run_in_executor(self._worker, self._outcome, key, phases, _LARGE_WAYS)
        return await loop.run_in_executor(self._large_worker, self._outcome, key, phases)

    def _worker_for(self, weight: int) -> ThreadPoolExecutor:
        return self._worker if weight <= _LARGE_BYTES else self._large_worker

    def _outcome(self, key: _Key, phases: PhaseTimes, max_ways: int | None = None) -> _Outcome:
        """Runs on a worker thread; a refusal is an outcome to remember like any other.

        Raises `TooComplexError` when planning it takes more than `max_ways`.
        """
        try:
            return self._preparation.prepare(*key, phases, max_ways=max_ways)
        except RequestError as refusal:
            # Neither the document, by the error behind it, nor this thread's frames are to be kept.
            refusal.__context__ = refusal.__traceback__ = None
            return refusal

    async def execute(
        self, prepared: PreparedOperation, request: GraphQLRequest, context: RequestContext
    ) -> Response:
        """Run a query or mutation; raises `RequestError` when its variables are refused, else always
        answers."""
        variables = prepared.coerce(request.variables)
        if prepared.check is not None:
            prepared.check(variables, context)
        compiled = await self._variant(prepared, context) if prepared.varies else prepared.compiled
        execution = self._begin(variables, context)
        if prepared.introspect is not None:
            execution.data.update(await self._introspected(prepared.introspect, variables))
        if self._observes and prepared.keeping is not None:
            with observing() as observed:
                response = await compiled.execute(execution)
            headers = observed.headers(prepared.keeping)
        else:
            response, headers = await compiled.execute(execution), prepared.headers
        return response if not headers or response.has_errors else replace(response, headers=headers)

    async def _introspected(self, introspect: Introspect, variables: dict[str, Any]) -> Answer:
        known = introspect.known(variables)
        if known is None:
            loop = asyncio.get_running_loop()
            known = await loop.run_in_executor(self._introspector, introspect.answer, variables)
            introspect.keep(variables, known)
        return known

    async def _variant(self, prepared: PreparedOperation, context: RequestContext) -> CompiledPlan:
        """The plan for this requester, and for the overrides that are on for this request."""
        labels = self._labels(context)
        grant = None if prepared.protected is None else await prepared.protected.key(context)
        key = VariantKey(labels, grant)
        if not labels and prepared.protected is None:
            return prepared.compiled
        known = self._variants.get((prepared, key))
        if known is None:
            known = await self._compile_variant(prepared, key)
            self._variants.put((prepared, key), known, prepared.weight)
        assert isinstance(known, CompiledPlan)
        return known

    async def execute_in_parts(
        self,
        prepared: PreparedOperation,
        request: GraphQLRequest,
        context: RequestContext,
        format_: IncrementalFormat,
    ) -> AsyncIterator[Response]:
        """Run an operation with deferred fragments: one response per part, the first as soon as it can be.

        Raises `RequestError` on the first step when its variables are refused.
        """
        assert prepared.incremental is not None
        variables = prepared.coerce(request.variables)
        if prepared.check is not None:
            prepared.check(variables, context)
        plan = await self._incremental_variant(prepared.incremental, context)
        execution = self._begin(variables, context)
        if prepared.introspect is not None:
            execution.data.update(await self._introspected(prepared.introspect, variables))
        writer = PartWriter(format_)
        parts = plan.parts(lambda: execution)
        try:
            async for part in parts:
                yield writer.write(part)
        finally:
            await parts.aclose()

    async def _incremental_variant(
        self, incremental: IncrementalOperation, context: RequestContext
    ) -> IncrementalPlan:
        labels, protected = self._labels(context), incremental.protected
        if not incremental.varies or (not labels and protected is None):
            return incremental.compiled
        key = VariantKey(labels, None if protected is None else await protected.key(context))
        known = self._variants.get((incremental, key))
        if known is None:
            known = await asyncio.get_running_loop().run_in_executor(
                self._worker_for(incremental.weight),
                self._preparation.incremental_variant,
                incremental,
                key,
            )
            self._variants.put((incremental, key), known, incremental.weight)
        assert isinstance(known, IncrementalPlan)
        return known

    def _labels(self, context: RequestContext) -> frozenset[str]:
        """The labels of progressive overrides that are on for this request."""
        labels, decide = self.supergraph.override_labels, self._decide_override
        if not labels:
            return labels
        return enabled_labels(labels, _draw, None if decide is None else lambda label: decide(label, context))

    async def _compile_variant(self, prepared: PreparedOperation, key: VariantKey) -> CompiledPlan:
        name = (id(prepared), key)
        future = self._variants_under_way.get(name)
        if future is None:
            future = asyncio.get_running_loop().run_in_executor(
                self._worker_for(prepared.weight), self._preparation.variant, prepared, key
            )
            self._variants_under_way[name] = future
            future.add_done_callback(lambda _: self._variants_under_way.pop(name, None))
        return await asyncio.shield(future)

    async def subscribe(
        self, prepared: PreparedOperation, request: GraphQLRequest, context: RequestContext
    ) -> AsyncIterator[Response]:
        """Run a subscription: one answer per event. Raises `RequestError` on the first step when refused."""
        variables = prepared.coerce(request.variables)
        if prepared.check is not None:
            prepared.check(variables, context)
        compiled = await self._variant(prepared, context) if prepared.varies else prepared.compiled
        # The deadline is that of one answer; a subscription has many, and each call its own timeout.
        lasting = replace(context, deadline=None)
        events = compiled.events(lambda: self._begin(variables, lasting))
        try:
            async for response in events:
                yield response
        finally:
            await events.aclose()

    def _begin(self, variables: dict[str, Any], context: RequestContext) -> Execution:
        if self._cache is not None:
            asking(context.identity)
        return Execution({}, variables, context, self._options.timeout_seconds, self._header_source)

    @property
    def documents(self) -> int:
        """How many operations are known."""
        return len(self._outcomes)

    @property
    def cached_bytes(self) -> int:
        """What the known operations and their variants take, estimated."""
        return self._outcomes.bytes + self._variants.bytes

    async def warm(self, previous: Engine, limit: int = 500) -> int:
        """Prepare what `previous` answered most recently; returns how many are ready."""
        recent = [key for key, _ in zip(previous._outcomes.recent(), range(limit), strict=False)]
        ready = 0
        for key in recent:
            try:
                ready += isinstance(await self._prepare_once(key), PreparedOperation)
            except Exception:  # it will be told to whoever asks for it
                logger.exception("an operation could not be prepared for a new supergraph")
        return ready

    async def aclose(self) -> None:
        """Release the worker, and the transports when this engine owns them. Running requests must have
        ended."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        self._large_worker.shutdown(wait=False, cancel_futures=True)
        self._introspector.shutdown(wait=False, cancel_futures=True)
        if self._owns_transports:
            for transport in self.transports.values():
                await transport.aclose()


def _size(key: _Key, outcome: _Outcome) -> int:
    """Bytes of an entry, estimated; the same operation under several texts counts each time."""
    if isinstance(outcome, PreparedOperation):
        return len(key[0]) + outcome.weight
    return len(key[0]) + _REFUSAL_BYTES * len(outcome.errors)


def _draw() -> float:
    return random.uniform(0, 100)  # noqa: S311 a share of traffic, not a secret
