"""`DrainingServer`: uvicorn that drains on the first signal and returns, so that its caller can close."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import uvicorn

from marquee_router.serving.pending_connections import ignore_newcomers, waiting
from marquee_router.serving.request_heads import BoundedHeads
from marquee_router.serving.websocket import DirectSockets

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_MESSAGE_BYTES: Final = 1024 * 1024
"""Of one WebSocket message, as of a body over HTTP; a longer one ends its socket."""
_OF_CLIENTS: Final = (
    "Invalid HTTP request received",
    "Invalid UTF-8 sequence",
    "Unsupported upgrade",
    "No supported WebSocket",
)
_LAST_ANSWERS_SECONDS: Final = 0.25
"""How long connections are kept open after the signal, each for one more answer."""
_KEEP_ALIVE_SECONDS: Final = 75
"""Longer than a proxy keeps idle connections (nginx: 60), so that it never writes on one just closed."""


def server_config(app: Any, *, trusted_proxies: str | None = None, **options: Any) -> uvicorn.Config:
    """How every process of ours serves: no access log, light sockets, ten seconds to end.

    `trusted_proxies` lists the addresses and networks (comma-separated) whose `X-Forwarded-For` is believed;
    by default nobody's, for whoever is believed can claim any address.
    """
    logging.getLogger("uvicorn.error").addFilter(_is_ours)
    return uvicorn.Config(
        app,
        proxy_headers=bool(trusted_proxies),
        forwarded_allow_ips=trusted_proxies or "",
        log_config=None,  # its lines go where ours go
        log_level="warning",
        access_log=False,
        server_header=False,
        http=BoundedHeads,
        ws=DirectSockets,
        ws_max_size=_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # the GraphQL protocols have pings of their own
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=10,
        **options,
    )


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a line is about us: what clients send that is no protocol is theirs, and any number of it."""
    return not record.getMessage().startswith(_OF_CLIENTS)


def collect_and_freeze() -> None:
    """What is here now stays: the collector need not look at it again with each request."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)


class DrainingServer(uvicorn.Server):
    """Calls `tell` once it answers, and `begin_drain` as soon as it is asked to stop."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        begin_drain: Callable[[], None] = lambda: None,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(config)
        self._begin_drain = begin_drain
        self._tell = tell

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started:
            collect_and_freeze()
            gc.set_threshold(20_000, 20, 50)
            gc.enable()
            self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take what has already connected, then stop: closing the socket would reset what waits in it.

        Connections that wait are not closed at once either: a proxy may just be writing on one, and what it
        has written it must not send twice. For a moment each still gets one answer, its last.
        """
        for listener in sockets or ():
            ignore_newcomers(listener)
        for _ in range(3):
            await asyncio.sleep(0)
        late = [connection for listener in sockets or () for connection in waiting(listener)]
        for server in self.servers:
            server.close()
        for connection in late:
            await asyncio.get_running_loop().connect_accepted_socket(self._new_protocol, connection)
        self.server_state.default_headers.append((b"connection", b"close"))
        last = asyncio.get_running_loop().time() + _LAST_ANSWERS_SECONDS
        while self.server_state.connections and asyncio.get_running_loop().time() < last:  # noqa: ASYNC110 - no event tells
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
