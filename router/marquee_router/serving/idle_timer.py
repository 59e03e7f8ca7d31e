"""One timer for all the times that a connection is idle between two requests."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class IdleTimer:
    """Calls `close` once the connection has been idle for `seconds`.

    Arming a timer of the event loop for each request costs more than answering some of them. So one timer
    stays armed, and when it fires before the time is up it is armed for the rest. For example with 75 s, idle
    since 70 s: it fires after 75 s, finds 5 s used, and fires again 70 s later.
    """

    __slots__ = ("_armed", "_close", "_loop", "_seconds", "idle_since")

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, close: Callable[[], None]) -> None:
        self._loop = loop
        self._seconds = seconds
        self._close = close
        self._armed: asyncio.TimerHandle | None = None
        self.idle_since = math.inf
        """By the clock of the loop; `inf` while a request is under way. The protocol sets it on each
        request."""

    def start(self) -> None:
        """The connection is idle from now on."""
        self.idle_since = self._loop.time()
        if self._armed is None:
            self._armed = self._loop.call_later(self._seconds, self._fire)

    def cancel(self) -> None:
        """Never call `close` any more."""
        if self._armed is not None:
            self._armed.cancel()

    def _fire(self) -> None:
        self._armed = None
        if self.idle_since == math.inf:
            return
        left = self.idle_since + self._seconds - self._loop.time()
        if left > 0:
            self._armed = self._loop.call_later(left, self._fire)
        else:
            self._close()
