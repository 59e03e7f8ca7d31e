"""`SendQueue`: sends the messages of one socket, at once or, if its client is slow, from a bounded queue.

Owns the order of messages and the policy for slow clients. A server that offers a `DirectSocket` takes a
message
directly. For any other, its `send` coroutine is run by hand, and only if it has to wait (the client's buffers
are full) does a task finish it. So an event for ten thousand sockets costs no task switch per socket. Must
never hold more messages than its bound.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.types import Send

from marquee_router.server_interface import DirectSocket
from marquee_router.transport.eager_await import begin


class SendQueue:
    """The outgoing messages of one socket."""

    __slots__ = ("_limit", "_on_overflow", "_send", "_task", "_waiting", "_write", "closed")

    def __init__(
        self,
        send: Send,
        *,
        limit: int,
        on_overflow: Callable[[SendQueue], None],
        direct: DirectSocket | None = None,
    ) -> None:
        """`on_overflow` is called when `limit` messages wait and one more is pushed: it drops one, or
        closes."""
        self._send = send
        self._write = None if direct is None else direct.write_text
        self._limit = limit
        self._on_overflow = on_overflow
        self._waiting: deque[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def push(self, message: bytes) -> None:
        """Send a text message, now or as soon as the client has read those before it."""
        if self.closed:
            return
        if self._task is not None:
            self._queue(message)
            return
        if self._write is not None and self._write(message):
            return
        try:
            waiting = begin(self._send(_asgi(message)))
        except (OSError, RuntimeError):
            self.closed = True
            return
        if waiting is not None:
            self._task = asyncio.create_task(self._finish_sending(waiting), name="slow socket")

    def drop_oldest(self) -> None:
        """Make room for one message."""
        if self._waiting:
            self._waiting.popleft()

    def close(self) -> None:
        """Send nothing more."""
        self.closed = True
        self._waiting = None
        if self._task is not None:
            self._task.cancel()

    def _queue(self, message: bytes) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= self._limit:
            self._on_overflow(self)
            if self.closed:
                return
        self._waiting.append(message)

    async def _finish_sending(self, first: Awaitable[None]) -> None:
        try:
            await first
            while self._waiting:
                await self._send(_asgi(self._waiting.popleft()))
        except (OSError, RuntimeError):
            self.closed = True
        finally:
            self._task = None
            self._waiting = None


def _asgi(message: bytes) -> dict[str, Any]:
    return {"type": "websocket.send", "text": message.decode()}
