"""`SocketOperations`: the operations that run on one socket.

Must never close the socket for a fault of one operation: the others go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.log_fields import log_fields
from marquee_router.planning.plan import OperationKind
from marquee_router.request import RequestContext
from marquee_router.transport.broadcast import Event
from marquee_router.transport.errors import Fault
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.http.request_parameters import request_of
from marquee_router.transport.service import GraphQLService
from marquee_router.transport.websocket.messages import MessageWriter

logger = logging.getLogger("marquee_router.websocket")


class SocketOperations:
    """Starts, runs and stops operations by the ids that the client gives them."""

    __slots__ = ("_new_context", "_running", "_service", "writer")

    def __init__(
        self, service: GraphQLService, writer: MessageWriter, new_context: Callable[[], RequestContext]
    ) -> None:
        """`new_context` makes the context of one operation."""
        self._service = service
        self._new_context = new_context
        self.writer = writer
        self._running: dict[str, Callable[[], object]] = {}
        """What stops each operation."""

    def __contains__(self, operation_id: str) -> bool:
        return operation_id in self._running

    def start(self, operation_id: str, payload: dict[str, Any]) -> None:
        """Run an operation; its results go to the client. The id must not be in use."""
        if len(self._running) >= self._service.config.websocket.max_operations:
            self.writer.error(operation_id, LimitExceeded("Too many operations run on this socket"))
            return
        task = asyncio.create_task(self._run(operation_id, payload), name="socket operation")
        self._running[operation_id] = task.cancel

    def stop(self, operation_id: str) -> bool:
        """Stop an operation without a message to the client; False if it does not run."""
        stop = self._running.pop(operation_id, None)
        if stop is not None:
            stop()
        return stop is not None

    def stop_all(self) -> None:
        """Stop every operation."""
        running, self._running = self._running, {}
        for stop in running.values():
            stop()

    def ended(self, operation_id: str, error: RequestError | None) -> None:
        """Tell the client that an operation ended by itself, or was refused."""
        self._running.pop(operation_id, None)
        if error is None:
            self.writer.complete(operation_id)
        else:
            self.writer.error(operation_id, error)

    async def _run(self, operation_id: str, payload: dict[str, Any]) -> None:
        context: RequestContext | None = None
        try:
            request = request_of(payload)
            context = self._new_context()
            operation = await self._service.begin(request, context)
            if operation.kind is OperationKind.SUBSCRIPTION:
                listener = _SocketListener(self, operation_id)
                self._running[operation_id] = self._service.listen(operation, listener)
                return
            await self._answer(operation_id, operation)
        except RequestError as error:
            self.ended(operation_id, error)
        except Exception:  # the edge of an operation: its fault is logged, and masked for the client
            logger.exception("an operation on a socket failed", extra=log_fields(context))
            self.ended(operation_id, Fault())
        else:
            self.ended(operation_id, None)

    async def _answer(self, operation_id: str, operation: BoundOperation) -> None:
        if not operation.defers:
            self.writer.result(operation_id, (await self._service.run(operation)).body)
            return
        format_ = IncrementalFormat(self._service.config.defer.stream_format)
        async with aclosing(self._service.run_in_parts(operation, format_)) as parts:
            async for part in parts:
                self.writer.result(operation_id, part.body)


class _SocketListener:
    """Implements `Listener` for one subscription of a socket."""

    __slots__ = ("_id", "_operations", "_prefix", "_writer")

    def __init__(self, operations: SocketOperations, operation_id: str) -> None:
        self._operations = operations
        self._writer = operations.writer
        self._id = operation_id
        # Made once: an event for ten thousand sockets is encoded once, and only the prefix differs.
        self._prefix = self._writer.result_prefix(operation_id)

    def deliver(self, event: Event) -> None:
        """Send the next event."""
        self._writer.event(self._prefix, event.body)

    def finish(self, error: RequestError | None) -> None:
        """Send that the stream has ended."""
        self._operations.ended(self._id, error)
