"""`EventQueue`: a listener with a bounded queue, for transports that write as fast as their client reads.

Owns the policy for slow clients. Must never hold more events than its bound.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Literal

from marquee_router.errors import RequestError
from marquee_router.transport.broadcast import Event

SlowClientPolicy = Literal["drop-oldest", "disconnect"]


class TooSlow(RequestError):
    """The client reads events more slowly than they arrive."""

    code = "SUBSCRIPTION_TOO_SLOW"
    default_status = 503


@dataclass(frozen=True, slots=True)
class End:
    """The end of a stream: complete, or refused with `error`."""

    error: RequestError | None = None


class EventQueue:
    """Implements `Listener`; one consumer calls `next`."""

    __slots__ = ("_end", "_events", "_limit", "_policy", "_waiter", "dropped")

    def __init__(self, limit: int, policy: SlowClientPolicy) -> None:
        self._limit = limit
        self._policy = policy
        self._events: deque[Event] = deque()
        self._end: End | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.dropped = 0

    def deliver(self, event: Event) -> None:
        """Queue an event, or apply the policy for slow clients."""
        if self._end is not None:
            return
        if len(self._events) >= self._limit:
            # To drop single events is right for states ("3 seats left") and wrong for logs: the operator
            # decides.
            if self._policy == "disconnect":
                self._events.clear()
                self.finish(TooSlow("The client reads too slowly; subscribe again"))
                return
            self._events.popleft()
            self.dropped += 1
        self._events.append(event)
        self._wake()

    def finish(self, error: RequestError | None) -> None:
        """Queue the end behind the events."""
        if self._end is None:
            self._end = End(error)
            self._wake()

    async def next(self, timeout_seconds: float) -> Event | End | None:
        """Return the next event or the end; None after `timeout_seconds` without one."""
        if not self._events and self._end is None:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(timeout_seconds):
                    await self._waiter
            except TimeoutError:
                return None
            finally:
                self._waiter = None
        return self._events.popleft() if self._events else self._end

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
