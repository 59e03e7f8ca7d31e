"""uvicorn's HTTP connection with a fast path for plain POSTs to a router.

Owns the requests of one connection: their order, keep-alive and flow control, all as uvicorn has them. A
request that is not plain, or whose body does not come with its head, goes uvicorn's own way through ASGI.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httptools
from uvicorn.config import Config
from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from marquee_router.message_heads import KnownHead
from marquee_router.server_interface import ClientAddress, PlainPostHandler
from marquee_router.serving.client_address import ClientAddresses
from marquee_router.serving.idle_timer import IdleTimer
from marquee_router.serving.ignored_upgrade import head_without_upgrade
from marquee_router.serving.plain_post import PlainPost


@dataclass(slots=True)
class _ParserState:
    """Where the parser is in the stream of messages."""

    received: bytes = b""
    """What the parser was given last, while it reads it."""
    begun: int = 0
    """How many messages began in what the parser was given last."""
    is_between_messages: bool = True
    is_in_head: bool = False
    ignores_upgrade: bool = False
    """The request offers an upgrade that is not taken."""


@dataclass(frozen=True, slots=True)
class _Head:
    """The head of a POST, as the router needs it: a client's next one nearly always has the same headers."""

    lines: list[tuple[bytes, bytes]]
    headers: Mapping[str, str]
    accepted: Any
    """None when the POST is not plain."""
    address: ClientAddress


class FastPathProtocol(HttpToolsProtocol):
    """Answers plain POSTs itself if its app has a `front`, which `RouterApp` has."""

    cycle: RequestResponseCycle | PlainPost | None  # type: ignore[assignment]  # uvicorn's has no None
    pipeline: deque[Any]

    _known: KnownHead | None = None
    """The head `_last`, if what was received last was one plain request and nothing else."""
    _post: PlainPost | None = None
    """A plain request whose body is not whole yet."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.fast_path = self._fast_path_of(config.app)
        self._addresses = ClientAddresses(str(config.forwarded_allow_ips) if config.proxy_headers else None)
        self._state = _ParserState()
        self._last = _Head([], {}, None, ClientAddress(None))
        self._idle = IdleTimer(self.loop, self.timeout_keep_alive, self._close_idle)

    def _fast_path_of(self, app: object) -> PlainPostHandler | None:
        """The app's fast path; None where uvicorn must see every request, for its log or to count them."""
        watched = self.access_log or self.limit_concurrency is not None
        if watched or self.logger.level <= TRACE_LOG_LEVEL:
            return None
        return getattr(app, "front", None)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is open."""
        self._idle.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Answer `data` at once if it is a request with the known head; otherwise feed the parser."""
        self._idle.idle_since = math.inf
        if self._known is not None:
            post = self._post_of(self._known, data)
            if post is not None:
                self._begin(post)
                return
            self._known = None
        state = self._state
        began_between = state.is_between_messages
        state.received = data
        state.begun = 0
        super().data_received(data)
        state.received = b""
        if self._post is not None:
            self._hand_over(self._post)
        elif began_between and state.is_between_messages and state.begun == 1:
            self._remember(data)

    def _remember(self, data: bytes) -> None:
        """Know the next request by its head, if `data` was one plain request."""
        post = self.cycle
        if self.fast_path is not None and post.__class__ is PlainPost and post.keep_alive:
            self._known = self.fast_path.known(data, post.body)

    def _post_of(self, known: KnownHead, data: bytes) -> PlainPost | None:
        """The request in `data`, if its head is the last one's but for the length; else None."""
        read = known.read(data)
        last = self._last
        if read is None or last.accepted is None or self.fast_path is None:
            return None
        length, body = read
        if len(body) > self.fast_path.max_body_bytes:
            return None
        headers = last.headers
        if length != known.length:
            headers = {**headers, "content-length": length.decode()}
        return PlainPost(self, headers, last.accepted, last.address, body)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        state = self._state
        state.begun += 1
        state.is_between_messages = False
        state.is_in_head = True
        if self.fast_path is None:
            super().on_message_begin()
        else:
            # uvicorn's scope is made later, and only if the request turns out not to be plain.
            self.url = b""
            self.headers = []
            self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Called by the parser: begin a plain request, or make the ASGI scope of another."""
        state = self._state
        state.is_in_head = False
        state.ignores_upgrade = (
            self.parser.should_upgrade()
            and self.parser.get_method() != b"CONNECT"
            and not self._should_upgrade()
        )
        if state.ignores_upgrade:
            return
        if self.fast_path is None:
            super().on_headers_complete()
            return
        self._post = self._plain_post(self.fast_path)
        if self._post is None:
            self._begin_scope()
            super().on_headers_complete()

    def _plain_post(self, fast_path: PlainPostHandler) -> PlainPost | None:
        """The request whose head was just read, without its body; None when it is not plain."""
        if self.url != fast_path.target or self.parser.get_method() != b"POST":
            return None
        if self.headers != self._last.lines:
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
            address = self._addresses.of(self.client, self.headers, headers)
            self._last = _Head(self.headers, headers, fast_path.takes(headers), address)
        last = self._last
        if last.accepted is None or self.parser.get_http_version() != "1.1":
            return None
        post = PlainPost(self, last.headers, last.accepted, last.address)
        post.keep_alive = self.parser.should_keep_alive()
        return post

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if self._post is None:
            super().on_body(body)
        else:
            self._post.body += body

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._state.is_between_messages = True
        if self._state.ignores_upgrade:
            return
        post = self._post
        if post is None:
            super().on_message_complete()
        else:
            self._post = None
            self._begin(post)

    def _begin(self, post: PlainPost) -> None:
        """Answer a request that is whole, after those that came before it on this connection."""
        before, self.cycle = self.cycle, post
        if before is None or before.response_complete:
            self._start_asgi_task(post, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((post, self.app))

    def _begin_scope(self) -> None:
        """Do after the head what uvicorn does before it: make the scope."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = url
        self.headers += headers
        self.expect_100_continue = expects

    def _hand_over(self, post: PlainPost) -> None:
        """Let the app read a body that did not come with its head: it bounds how long that may take."""
        self._post = None
        if self.transport.is_closing():
            return
        self._begin_scope()
        super().on_headers_complete()
        super().on_body(post.body)

    def _should_upgrade(self) -> bool:
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Read the request again without its offer of an upgrade.

        uvicorn calls this where its parser has stopped, behind the head.
        """
        stop = sys.exception()
        if not self._state.ignores_upgrade or not isinstance(stop, httptools.HttpParserUpgrade):
            return
        rest = self._state.received[stop.args[0] :]
        head = head_without_upgrade(self.parser, self.url, self.headers)
        self._state.ignores_upgrade = False
        self._state.is_between_messages = True
        self.parser = httptools.HttpRequestParser(self)
        FastPathProtocol.data_received(self, head + rest)
        self._state.begun = 0  # so that the head of the offer is not remembered as the known one

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if cycle.__class__ is PlainPost:
            cycle.task = self.loop.create_task(cycle.run())
            self.tasks.add(cycle.task)
        else:
            super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Start the next request of the connection, or wait for one: as uvicorn does, with `IdleTimer`."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        else:
            self._idle.start()

    def _close_idle(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
