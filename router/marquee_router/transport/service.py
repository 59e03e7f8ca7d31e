"""`GraphQLService`: runs the requests of all transports on the current generation.

Owns the life of one operation between its transport and the engine: admission, preparation, execution,
hooks. Knows no HTTP and no socket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import cast

from marquee_router.config.model import RouterConfig
from marquee_router.errors import RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, Identity, RequestContext, Response
from marquee_router.security.rate_limits import RateLimiter
from marquee_router.transport.broadcast import Listener
from marquee_router.transport.clients import Clients, own_context, record_execution
from marquee_router.transport.cost_report import with_cost
from marquee_router.transport.generation import BoundOperation, Generation
from marquee_router.transport.operation_runner import OperationRunner, RunnableOperation
from marquee_router.transport.subscriptions import Subscriptions


class GraphQLService:
    """Runs client requests on the current generation."""

    def __init__(self, generation: Generation, clients: Clients, rates: RateLimiter | None) -> None:
        self.config: RouterConfig = generation.config
        """The settings at start. Transports read those sections of it that no reload changes."""
        self._generation = generation
        self.clients = clients
        self.rates = rates
        self._extensions = clients.extensions
        self._records = clients.tracer.records
        self.subscriptions = Subscriptions(self.config.subscriptions, clients)
        self.broadcast = self.subscriptions.broadcast

    @property
    def engine(self) -> OperationRunner:
        """The engine that new requests run on."""
        return self._generation.engine

    @property
    def generation(self) -> Generation:
        """The generation that new requests run on."""
        return self._generation

    def running(self) -> int:
        """How many operations run on the current generation."""
        return self._generation.running

    async def replace(self, generation: Generation) -> Generation:
        """Let new requests run on `generation`; return the former one, on which running operations end.

        Subscriptions that the new schema refuses are completed.
        """
        previous = self._generation
        self._generation = generation
        await self.subscriptions.revalidate(generation.engine)
        previous.replace()
        return previous

    async def identify(self, authorization: str | None) -> Identity | None:
        """The client behind an `Authorization` value, None for a guest; raises `Unauthenticated`."""
        if authorization is None and self._extensions is None:
            return None
        try:
            return await self.clients.identify(authorization)
        except RequestError as refusal:
            self._refused(refusal.code)
            raise

    async def begin(self, request: GraphQLRequest, context: RequestContext) -> BoundOperation:
        """Admit and prepare a request on the current generation; raises `RequestError` if it is refused."""
        generation = self._generation
        if self._records:
            context = self.clients.recorded(context)
        if generation.reports_cost or self._extensions is not None:
            context = own_context(context)
        # Counted from here on: a reload must not close the engine between preparation and execution.
        generation.enter()
        try:
            if self.rates is None and self._extensions is None:  # a coroutine less for nearly every request
                prepared = await generation.engine.prepare(request, context)
            else:
                prepared = await self._admitted(generation, request, context)
        except RequestError as refusal:
            self._refused(refusal.code)
            if context.span is not None:
                context.span.end(refusal.code)
            raise
        finally:
            generation.leave()
        if prepared.kind is OperationKind.MUTATION:
            context = self.clients.described(context)
        if context.span is not None:
            record_execution(context.span, context, prepared)
        return BoundOperation(generation, prepared, request, context)

    async def _admitted(
        self, generation: Generation, request: GraphQLRequest, context: RequestContext
    ) -> RunnableOperation:
        """The prepared operation, within the rate limits and with the consent of extensions."""
        rates, extensions = self.rates, self._extensions
        if rates is not None:
            await rates.admit(context)
        if extensions is not None:
            await extensions.requested(request, context)
        prepared = await generation.engine.prepare(request, context)
        if rates is not None:
            await rates.admit_operation(prepared.name, prepared.plan, context)
        if extensions is not None:
            await extensions.planned(prepared, request, context)
        return prepared

    async def run(self, operation: BoundOperation) -> Response:
        """Execute a query or mutation; raises `RequestError` if its variables are refused."""
        generation, prepared = operation.generation, operation.prepared
        request, context = operation.request, operation.context
        started = time.perf_counter()
        generation.enter()
        outcome = "fault"
        try:
            response = await generation.engine.execute(prepared, request, context)
            outcome = "errors" if response.has_errors else "ok"
            if self._extensions is not None:
                response = await self._extensions.responded(prepared, request, context, response)
            return response if not generation.reports_cost else await with_cost(response, context)
        except RequestError:
            outcome = "refused"
            raise
        finally:
            generation.leave()
            _answered(operation, outcome, started)

    async def run_in_parts(
        self, operation: BoundOperation, format_: IncrementalFormat
    ) -> AsyncGenerator[Response, None]:
        """Execute an operation that defers; raises `RequestError` on the first step if it is refused."""
        generation, prepared = operation.generation, operation.prepared
        request, context = operation.request, operation.context
        started = time.perf_counter()
        generation.enter()
        outcome = "ok"
        parts = generation.engine.execute_in_parts(prepared, request, context, format_)
        try:
            async for response in parts:
                if response.has_errors:
                    outcome = "errors"
                if self._extensions is not None:
                    response = await self._extensions.responded(prepared, request, context, response)
                yield response
        except RequestError:
            outcome = "refused"
            raise
        except Exception:  # it is only counted here: the transport masks and logs it
            outcome = "fault"
            raise
        finally:
            await cast("AsyncGenerator[Response, None]", parts).aclose()
            generation.leave()
            _answered(operation, outcome, started)

    def listen(self, operation: BoundOperation, listener: Listener) -> Callable[[], None]:
        """Feed `listener` with the events of a subscription; call the returned function to stop.

        Raises `LimitExceeded` if subscriptions are off or this process has its maximum of upstreams.
        """
        return self.subscriptions.listen(operation, listener)

    def _refused(self, code: str) -> None:
        for hook in self._generation.hooks:
            hook.refused(code)

    async def drain(self, timeout_seconds: float) -> None:
        """End the subscriptions, and wait at most `timeout_seconds` for running operations."""
        await self.broadcast.aclose()
        self._generation.replace()
        try:
            async with asyncio.timeout(timeout_seconds):
                await self._generation.unused.wait()
        except TimeoutError:
            return


def _answered(operation: BoundOperation, outcome: str, started: float) -> None:
    """End the span of an executed operation, and call the hooks."""
    span = operation.context.span
    if span is not None:
        span.end(outcome)
    hooks = operation.generation.hooks
    if hooks:
        seconds = time.perf_counter() - started
        for hook in hooks:
            hook.answered(operation.prepared, operation.context, outcome, seconds)
