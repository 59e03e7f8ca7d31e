"""`DrainingServer`: uvicorn that drains on the first signal and returns, so that its caller can close."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

import uvicorn

from marquee_router.serving.pending_connections import accept_pending, ignore_newcomers
from marquee_router.serving.process import collect_and_freeze

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_LAST_ANSWERS_SECONDS: Final = 0.25
"""How long idle connections stay open after the signal, each for one more answer."""


class DrainingServer(uvicorn.Server):
    """Calls `after_start` once it accepts connections, and `begin_drain` on the first signal to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        begin_drain: Callable[[], None] = lambda: None,
        after_start: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(config)
        self._begin_drain = begin_drain
        self._after_start = after_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then enable the garbage collector and call `after_start`."""
        await super().startup(sockets)
        if self.started:
            collect_and_freeze()
            gc.set_threshold(20_000, 20, 50)
            gc.enable()
            if self._after_start is not None:
                self._after_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept the connections that are already made, then stop: closing the listener would reset them.

        Idle connections stay open for a moment, each for one last answer: a proxy may be writing a request on
        one of them, and must not send a request twice (RFC 9110 §9.2.2).
        """
        for listener in sockets or ():
            ignore_newcomers(listener)
        for _ in range(3):
            await asyncio.sleep(0)
        late = [connection for listener in sockets or () for connection in accept_pending(listener)]
        for server in self.servers:
            server.close()
        for connection in late:
            await asyncio.get_running_loop().connect_accepted_socket(self._new_protocol, connection)
        self.server_state.default_headers.append((b"connection", b"close"))
        last = asyncio.get_running_loop().time() + _LAST_ANSWERS_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < last:  # noqa: ASYNC110 - uvicorn has no event for this
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)

    def _new_protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn makes them
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, then stop; a second signal stops at once."""
        self._begin_drain()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals while serving. Unlike uvicorn's, does not raise them again: stores close first."""
        before = {number: signal.signal(number, self.handle_exit) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
