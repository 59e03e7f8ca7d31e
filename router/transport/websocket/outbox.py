"""Writing to one socket without a task of its own: a message goes out at once, or waits in a bounded queue.

Owns the order of messages and the policy for slow clients. A server's `send` coroutine is run on the spot, by
hand; only when it has to wait (the client's buffers are full) does a task carry it on. So an event for ten
thousand sockets costs no task switch per socket. Must never hold more messages than its bound.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

from starlette.types import Send


class Outbox:
    """The way out of one socket."""

    __slots__ = ("_limit", "_on_overflow", "_send", "_task", "_waiting", "closed")

    def __init__(self, send: Send, *, limit: int, on_overflow: Callable[[Outbox], None]) -> None:
        """`on_overflow` is called when `limit` messages wait and one more comes: it drops or closes."""
        self._send = send
        self._limit = limit
        self._on_overflow = on_overflow
        self._waiting: deque[str] | None = None
        self._task: asyncio.Task[None] | None = None
        self.closed = False

    def push(self, text: str) -> None:
        """Send a text message, now or as soon as the client takes it."""
        if self.closed:
            return
        if self._task is not None:
            self._queue(text)
            return
        sending = self._send({"type": "websocket.send", "text": text}).__await__()
        try:
            blocked_on = next(sending)
        except StopIteration:
            return
        except (OSError, RuntimeError):
            self.closed = True
            return
        self._task = asyncio.create_task(
            self._carry_on(_Continuation(sending, blocked_on)), name="slow socket"
        )

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

    def _queue(self, text: str) -> None:
        if self._waiting is None:
            self._waiting = deque()
        if len(self._waiting) >= self._limit:
            self._on_overflow(self)
            if self.closed:
                return
        self._waiting.append(text)

    async def _carry_on(self, first: Awaitable[None]) -> None:
        try:
            await first
            while self._waiting:
                await self._send({"type": "websocket.send", "text": self._waiting.popleft()})
        except (OSError, RuntimeError):
            self.closed = True
        finally:
            self._task = None
            self._waiting = None


class _Continuation:
    """An awaitable that was begun elsewhere and waits for `blocked_on`."""

    __slots__ = ("_blocked_on", "_steps")

    def __init__(self, steps: Generator[Any, Any, Any], blocked_on: object) -> None:
        self._steps = steps
        self._blocked_on = blocked_on

    def __await__(self) -> Generator[Any, Any, None]:
        blocked_on = self._blocked_on
        while True:
            step: Callable[[], Any]
            try:
                sent = yield blocked_on
            except BaseException as error:  # noqa: BLE001 - cancellation is the coroutine's too
                step = partial(self._steps.throw, error)
            else:
                step = partial(self._steps.send, sent)
            try:
                blocked_on = step()
            except StopIteration:
                return
