"""What every transport calls: identity, context, the current engine, sharing of subscriptions, measurement.

Owns the life of one client request between its transport and the engine. Knows no HTTP and no socket; must
never let a request see two schema generations.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

import orjson
from graphql import GraphQLSchema

from marquee_router.config.model import RouterConfig
from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.extensions import Extensions
from marquee_router.observability.logs import about
from marquee_router.observability.metrics import Metrics
from marquee_router.observability.tracing import OperationSpan, Tracer
from marquee_router.planning.plan import OperationKind, QueryPlan
from marquee_router.request import GraphQLRequest, Identity, RequestContext, Response
from marquee_router.security.headers import ClientDescription, HeaderPropagation
from marquee_router.security.identity import IdentitySigner
from marquee_router.security.rate_limits import RateLimiter
from marquee_router.security.revocations import Revocations
from marquee_router.security.tokens import TokenVerifier, revoked
from marquee_router.transport.broadcast import Broadcast, Listener, Source
from marquee_router.transport.cost_report import with_cost

logger = logging.getLogger("marquee_router.requests")


class PreparedOperation(Protocol):
    """What the edge reads of a prepared operation; the engine gives and takes its own type."""

    @property
    def kind(self) -> OperationKind: ...

    @property
    def name(self) -> str | None: ...

    @property
    def text(self) -> str: ...

    @property
    def plan(self) -> QueryPlan: ...


class PartsRunner(Protocol):
    """What the edge needs of an engine that answers in parts."""

    def execute_in_parts(
        self, prepared: Any, request: GraphQLRequest, context: RequestContext, format_: IncrementalFormat
    ) -> AsyncIterator[Response]: ...


class OperationRunner(Protocol):
    """What the edge needs of an engine; `prepared` is what its own `prepare` returned."""

    @property
    def api_schema(self) -> GraphQLSchema: ...

    async def prepare(self, request: GraphQLRequest, context: RequestContext) -> PreparedOperation: ...

    async def execute(self, prepared: Any, request: GraphQLRequest, context: RequestContext) -> Response: ...

    def subscribe(
        self, prepared: Any, request: GraphQLRequest, context: RequestContext
    ) -> AsyncIterator[Response]: ...


@dataclass(slots=True, eq=False)
class Generation:
    """One engine, and how many operations run on it."""

    engine: OperationRunner
    number: int
    running: int = 0
    unused: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it was replaced and nothing runs on it any more."""
    replaced: bool = False

    def enter(self) -> None:
        """An operation begins."""
        self.running += 1
        if self.replaced:
            self.unused.clear()

    def leave(self) -> None:
        """An operation ends."""
        self.running -= 1
        if self.replaced and not self.running:
            self.unused.set()

    def replace(self) -> None:
        """No operation begins here any more."""
        self.replaced = True
        if not self.running:
            self.unused.set()


@dataclass(slots=True)
class Job:
    """One prepared request, bound to the engine that prepared it."""

    generation: Generation
    prepared: PreparedOperation
    request: GraphQLRequest
    context: RequestContext

    @property
    def kind(self) -> OperationKind:
        """Query, mutation or subscription."""
        return self.prepared.kind

    @property
    def defers(self) -> bool:
        """Whether it may be answered in parts."""
        return getattr(self.prepared, "incremental", None) is not None


@dataclass(frozen=True, slots=True)
class Edge:
    """The parts around the engine; each may be replaced in tests."""

    verifier: TokenVerifier | None
    signer: IdentitySigner | None
    propagation: HeaderPropagation
    client: ClientDescription
    tracer: Tracer
    metrics: Metrics
    rates: RateLimiter | None = None
    extensions: Extensions | None = None


class GraphQLService:
    """Runs client requests on the current engine."""

    def __init__(self, engine: OperationRunner, config: RouterConfig, edge: Edge) -> None:
        self.config = config
        self.edge = edge
        self._rates = edge.rates
        self._extensions = edge.extensions
        self.broadcast = Broadcast(
            max_upstreams=config.subscriptions.max_upstreams,
            replay_events=config.subscriptions.replay_events,
        )
        self._generation = Generation(engine, 0)
        self._timeout_seconds = config.http.operation_timeout_seconds
        self._report_cost = config.limits.report_cost
        self._public_fields = frozenset(config.subscriptions.public_fields)
        self._live: dict[int, RequestContext] = {}
        self._records = edge.tracer.records
        self._log_requests = config.logs.requests

    @property
    def engine(self) -> OperationRunner:
        """The engine that new requests run on."""
        return self._generation.engine

    def running(self) -> int:
        """How many operations run on the current engine."""
        return self._generation.running

    async def replace_engine(self, engine: OperationRunner, config: RouterConfig) -> Generation:
        """Let new requests run on `engine`; running ones finish where they began, on the generation returned.

        Of the settings only what `config.reloading` names has changed.

        Subscriptions that the new schema no longer allows are completed.
        """
        previous = self._generation
        self._generation = Generation(engine, previous.number + 1)
        self._report_cost = config.limits.report_cost
        self._log_requests = config.logs.requests
        refused: set[int] = set()
        for source in self.broadcast.sources():
            if source.request is None or source.context is None:
                continue
            try:
                await engine.prepare(source.request, source.context)
            except RequestError:
                refused.add(id(source))
        self.broadcast.retire(lambda source: id(source) not in refused)
        previous.replace()
        return previous

    def end_revoked(self, revocations: Revocations) -> None:
        """End the subscriptions of tokens that were withdrawn; what everybody may hear goes on."""
        self.broadcast.withdraw(
            lambda source: (
                source.context is not None
                and source.context.identity is not None
                and revocations.is_revoked(source.context.identity.claims)
            ),
            revoked(),
        )

    async def identify(self, authorization: str | None) -> Identity | None:
        """Who a client is, by its `Authorization` value and by extensions; raises `Unauthenticated`."""
        identity = await self._verified(authorization)
        return identity if self._extensions is None else await self._extensions.identified(identity)

    async def _verified(self, authorization: str | None) -> Identity | None:
        if authorization is None or self.edge.verifier is None:
            return None
        try:
            return await self.edge.verifier.authenticate(authorization)
        except RequestError as refusal:
            self.edge.metrics.refused(refusal.code)
            raise

    def context(
        self, headers: Mapping[str, str], identity: Identity | None, address: str | None = None
    ) -> RequestContext:
        """A context for one request of this client, which connected from `address`."""
        edge = self.edge
        subgraph_headers = edge.propagation.of(headers)
        subgraph_headers["traceparent"] = edge.tracer.outgoing(headers.get("traceparent"))
        if edge.signer is not None:
            subgraph_headers[edge.signer.header] = edge.signer.sign(identity)
        return RequestContext(
            headers,
            identity,
            subgraph_headers,
            asyncio.get_running_loop().time() + self._timeout_seconds,
            address=address,
        )

    async def begin(self, request: GraphQLRequest, context: RequestContext) -> Job:
        """Prepare the request on the current engine; raises `RequestError` when it is refused."""
        generation = self._generation
        if self._records:
            context = self._recorded(context)
        if self._report_cost or self._extensions is not None:
            context = _own(context)
        generation.enter()
        try:
            if self._rates is not None:
                await self._rates.admit(context)
            if self._extensions is not None:
                await self._extensions.requested(request, context)
            prepared = await generation.engine.prepare(request, context)
            if self._rates is not None:
                await self._rates.admit_operation(prepared.name, prepared.plan, context)
            if self._extensions is not None:
                await self._extensions.planned(prepared, request, context)
        except RequestError as refusal:
            self.edge.metrics.refused(refusal.code)
            if context.span is not None:
                context.span.end(refusal.code)
            raise
        finally:
            generation.leave()
        if prepared.kind is OperationKind.MUTATION:
            context = self._with_client(context)
        if context.span is not None:
            _execute_recorded(context, context.span, prepared)
        return Job(generation, prepared, request, context)

    def _recorded(self, context: RequestContext) -> RequestContext:
        """A context of its own for an operation that is recorded: several may share the one given."""
        span = self.edge.tracer.operation(context.headers)
        if span is None:
            return context
        headers = {**context.subgraph_headers, "traceparent": span.traceparent}
        context.span = span  # for log lines about a request whose operation failed
        return replace(context, subgraph_headers=headers, span=span)

    def _with_client(self, context: RequestContext) -> RequestContext:
        """A context of its own: what else is asked with this one must stay equal to others' requests."""
        described = self.edge.client.of(context.address, context.headers)
        if not described:
            return context
        return replace(context, subgraph_headers={**context.subgraph_headers, **described})

    async def run(self, job: Job) -> Response:
        """Execute a query or mutation; raises `RequestError` when its variables are refused."""
        started = time.perf_counter()
        job.generation.enter()
        outcome = "fault"
        try:
            response = await job.generation.engine.execute(job.prepared, job.request, job.context)
            outcome = "errors" if response.has_errors else "ok"
            if self._extensions is not None:
                response = await self._extensions.responded(job.prepared, job.request, job.context, response)
            return response if not self._report_cost else await with_cost(response, job.context)
        except RequestError:
            outcome = "refused"
            raise
        finally:
            job.generation.leave()
            self._answered(job, outcome, started)

    async def run_in_parts(self, job: Job, format_: IncrementalFormat) -> AsyncGenerator[Response, None]:
        """Execute an operation that defers; raises `RequestError` on the first step when it is refused."""
        started = time.perf_counter()
        job.generation.enter()
        outcome = "fault"
        engine = cast("PartsRunner", job.generation.engine)
        parts = engine.execute_in_parts(job.prepared, job.request, job.context, format_)
        try:
            outcome = "ok"
            async for response in parts:
                if response.has_errors:
                    outcome = "errors"
                if self._extensions is not None:
                    response = await self._extensions.responded(
                        job.prepared, job.request, job.context, response
                    )
                yield response
        except RequestError:
            outcome = "refused"
            raise
        except Exception:  # whatever it is, it is counted and goes on to who masks it
            outcome = "fault"
            raise
        finally:
            await cast("AsyncGenerator[Response, None]", parts).aclose()
            job.generation.leave()
            self._answered(job, outcome, started)

    def _answered(self, job: Job, outcome: str, started: float) -> None:
        if job.context.span is not None:
            job.context.span.end(outcome)
        seconds = time.perf_counter() - started
        self.edge.metrics.answered(job.prepared.name, job.prepared.kind, outcome, seconds)
        if self._log_requests:
            _tell(job, outcome, seconds)

    def listen(self, job: Job, listener: Listener) -> Callable[[], None]:
        """Feed `listener` with the events of a subscription; returns what leaves it.

        Raises `LimitExceeded` when this process holds as many upstreams as it may.
        """
        if not self.config.subscriptions.enabled:
            raise LimitExceeded("Subscriptions are switched off")
        self.edge.metrics.subscribed(job.prepared.name)
        return self.broadcast.join(self._source(job), listener)

    def _source(self, job: Job) -> Source:
        context = job.context
        settings = self.config.subscriptions
        if self._is_public(job):
            context = RequestContext(
                context.headers, None, self._as_guest(context.subgraph_headers), state=context.state
            )
        else:
            context.deadline = None
        return Source(
            key=self._share_key(job, context) if settings.share else None,
            open=lambda: self._stream(job, context),
            replay=self._resumes(job),
            request=job.request,
            context=context,
        )

    def _is_public(self, job: Job) -> bool:
        """Whether every event is the same for everybody, by the operator's word."""
        if not self._public_fields or getattr(job.prepared, "protected", None) is not None:
            return False
        plan = job.prepared.plan
        fields = plan.response.by_type.get(plan.root_type, ())
        return bool(fields) and all(field.name in self._public_fields for field in fields)

    def _resumes(self, job: Job) -> bool:
        """Whether the events tell of a state from a point on, so that nobody may miss the first of them."""
        root = job.generation.engine.api_schema.subscription_type
        plan = job.prepared.plan
        return root is not None and any(
            name in root.fields[field.name].args
            for field in plan.response.by_type.get(plan.root_type, ())
            if field.name in root.fields
            for name in self.config.subscriptions.resume_arguments
        )

    def _as_guest(self, subgraph_headers: Mapping[str, str]) -> dict[str, str]:
        headers = {name: value for name, value in subgraph_headers.items() if name != "authorization"}
        if self.edge.signer is not None:
            headers[self.edge.signer.header] = self.edge.signer.sign(None)
        return headers

    def _share_key(self, job: Job, context: RequestContext) -> Hashable:
        signer = self.edge.signer
        per_request = {"traceparent", "tracestate", signer.header if signer is not None else ""}
        headers = frozenset(item for item in context.subgraph_headers.items() if item[0] not in per_request)
        return (
            job.generation.number,
            job.prepared.text,
            job.prepared.name,
            orjson.dumps(job.request.variables, option=orjson.OPT_SORT_KEYS),
            context.identity.token if context.identity is not None else None,
            headers,
        )

    async def _stream(self, job: Job, context: RequestContext) -> AsyncIterator[Response]:
        """The engine's stream; the signed identity in `context` is kept fresh while it runs."""
        self._live[id(context)] = context
        job.generation.enter()
        try:
            async for response in job.generation.engine.subscribe(job.prepared, job.request, context):
                if self._extensions is None:
                    yield response
                elif (event := await self._extensions.happened(job.prepared, context, response)) is not None:
                    yield event
        finally:
            job.generation.leave()
            del self._live[id(context)]

    async def keep_identities_fresh(self) -> None:
        """Sign again, before it expires, the identity that running subscriptions send. Runs until
        cancelled.
        """
        signer = self.edge.signer
        if signer is None:
            return
        while True:
            await asyncio.sleep(signer.refresh_seconds)
            for context in tuple(self._live.values()):
                context.subgraph_headers[signer.header] = signer.sign(context.identity)

    async def drain(self, timeout_seconds: float) -> None:
        """End the subscriptions and wait, within bounds, for running operations."""
        await self.broadcast.aclose()
        self._generation.replace()
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._generation.unused.wait()
        except TimeoutError:
            return


def _own(context: RequestContext) -> RequestContext:
    """A context for one operation: several of a batch or a socket may share the one given."""
    headers = dict(context.subgraph_headers)
    return replace(context, subgraph_headers=headers, state=dict(context.state))


def _execute_recorded(context: RequestContext, span: OperationSpan, prepared: PreparedOperation) -> None:
    """Subgraph calls come below the execution; those of a subscription, which may go on for days, below
    nothing.
    """
    span.executing(prepared.kind.value, prepared.name)
    traceparent = span.traceparent
    if prepared.kind is OperationKind.SUBSCRIPTION:
        span.end("ok")
        traceparent = traceparent[:-2] + "00"
    context.subgraph_headers["traceparent"] = traceparent


def _tell(job: Job, outcome: str, seconds: float) -> None:
    """One line for one operation."""
    kind = job.prepared.kind.value
    logger.info(
        "%s answered",
        kind,
        extra={
            **about(job.context, job.prepared.name),
            "kind": kind,
            "outcome": outcome,
            "seconds": round(seconds, 6),
        },
    )


def address_of(scope: Mapping[str, Any]) -> str | None:
    """The IP address that an ASGI scope says its client connected from."""
    client = scope.get("client")
    return client[0] if client else None
