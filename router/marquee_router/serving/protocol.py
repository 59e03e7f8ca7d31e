"""uvicorn's HTTP connection with a short way for plain requests: no scope, no messages, one write.

Owns the wire of such requests: order, keep-alive, flow control, the end of a connection, all as uvicorn has
them. What is answered is the router's; whatever is not plain and here at once goes uvicorn's own way.
"""

from __future__ import annotations

import asyncio
import math
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Final

import httptools
from uvicorn.config import Config
from uvicorn.logging import TRACE_LOG_LEVEL
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import (
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

if TYPE_CHECKING:  # a process without a router need not load one
    from marquee_router.message_heads import KnownHead
    from marquee_router.transport.fast_path import FastPath
    from marquee_router.transport.http.negotiation import Accepted

_FAULT: Final = (
    500,
    (
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"21"),
        (b"connection", b"close"),
    ),
    b"Internal Server Error",
)
"""As uvicorn answers when an app raises, which a cancelled one does."""
_OF_AN_UPGRADE: Final = frozenset({b"upgrade", b"connection", b"http2-settings"})


class FrontedConnection(HttpToolsProtocol):
    """Answers plain requests to a router itself."""

    cycle: RequestResponseCycle | PlainPost | None  # type: ignore[assignment]  # as it begins in uvicorn, too
    pipeline: deque[Any]

    _in_head = False
    """Whether a head has begun and not ended."""
    _head_bytes = 0
    """Of the head that has begun, where somebody counts them."""
    _idle_since = math.inf
    _idle_watch: asyncio.TimerHandle | None = None
    _fed = b""
    """What the parser was given last."""
    _offers = False
    """Whether the request offers an upgrade that nobody here takes."""
    _between = True
    """Whether the parser is between two messages."""
    _begun = 0
    """Messages that began in what the parser was given last."""
    _known: KnownHead | None = None
    """The head that `_read` is of, when what was received last was one plain request and nothing else."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.front = self._front_of(config.app)
        self._proxies = _proxies(str(config.forwarded_allow_ips)) if config.proxy_headers else None
        self._read_headers: list[tuple[bytes, bytes]] = []
        """Those of the last POST: a client's next has nearly always the same, and these are read already."""
        self._read: tuple[Mapping[str, str], Accepted | None, str | None] = ({}, None, None)
        self._post: PlainPost | None = None
        """One whose body is not whole yet."""

    def _front_of(self, app: object) -> FastPath | None:
        watched = self.access_log or self.limit_concurrency is not None
        if watched or self.logger.level <= TRACE_LOG_LEVEL:
            return None
        return getattr(app, "front", None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._idle_watch is not None:
            self._idle_watch.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; a body that did not come with its head is read by the app."""
        self._idle_since = math.inf
        if self._known is not None:
            post = self._post_of(self._known, data)
            if post is not None:
                self._begin(post)
                return
            self._known = None
        began_between = self._between
        self._fed = data
        self._begun = 0
        super().data_received(data)
        self._fed = b""
        if self._post is not None:
            self._hand_over(self._post)
        elif began_between and self._between and self._begun == 1:
            self._remember(data)

    def _remember(self, data: bytes) -> None:
        """Know the next request by its head, when `data` was a plain one."""
        post = self.cycle
        if self.front is not None and post.__class__ is PlainPost and post.keep_alive:
            self._known = self.front.known(data, post.body)

    def _post_of(self, known: KnownHead, data: bytes) -> PlainPost | None:
        """The request that `data` is, when its head is the last one's but for the length."""
        read = known.read(data)
        headers, accepted, address = self._read
        if read is None or accepted is None or self.front is None:
            return None
        length, body = read
        if len(body) > self.front.max_body_bytes:
            return None
        if length != known.length:
            headers = {**headers, "content-length": length.decode()}
        return PlainPost(self, headers, accepted, address, body)

    def on_message_begin(self) -> None:
        self._begun += 1
        self._between = False
        self._in_head = True
        self._head_bytes = 0
        if self.front is None:
            super().on_message_begin()
        else:
            self.url = b""
            self.headers = []
            self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._offers = (
            self.parser.should_upgrade()
            and self.parser.get_method() != b"CONNECT"
            and not self._should_upgrade()
        )
        if self._offers:
            return
        front = self.front
        if front is None:
            super().on_headers_complete()
            return
        if self.url == front.target and self.parser.get_method() == b"POST":
            if self.headers != self._read_headers:
                read = {name.decode("latin-1"): value.decode("latin-1") for name, value in self.headers}
                self._read_headers = self.headers
                self._read = (read, front.takes(read), self.client_address())
            headers, accepted, address = self._read
            if accepted is not None and self.parser.get_http_version() == "1.1":
                self._post = PlainPost(self, headers, accepted, address)
                self._post.keep_alive = self.parser.should_keep_alive()
                return
        self._begin_scope()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._post is None:
            super().on_body(body)
        else:
            self._post.body += body

    def on_message_complete(self) -> None:
        self._between = True
        if self._offers:
            return
        post = self._post
        if post is None:
            super().on_message_complete()
        else:
            self._post = None
            self._begin(post)

    def _begin(self, post: PlainPost) -> None:
        """Answer a request that is whole, after those that came before it."""
        before, self.cycle = self.cycle, post
        if before is None or before.response_complete:
            self._start_asgi_task(post, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((post, self.app))

    def _should_upgrade(self) -> bool:
        return self.parser.get_method() == b"GET" and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Read on as before (RFC 9110 §7.8): who would rather have HTTP/2 offers it with any request.

        uvicorn calls this where its parser has stopped, before the body.
        """
        stop = sys.exception()
        if not self._offers or not isinstance(stop, httptools.HttpParserUpgrade):
            return
        rest = self._fed[stop.args[0] :]
        version = self.parser.get_http_version().encode()
        lines = [self.parser.get_method(), b" ", self.url, b" HTTP/", version, b"\r\n"]
        for name, value in self.headers:
            if name not in _OF_AN_UPGRADE:
                lines += (name, b": ", value, b"\r\n")
            elif name == b"connection" and b"close" in value.lower():
                lines.append(b"connection: close\r\n")
        self._offers = False
        self._between = True
        self.parser = httptools.HttpRequestParser(self)
        FrontedConnection.data_received(self, b"".join((*lines, b"\r\n", rest)))
        self._begun = 0

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        if cycle.__class__ is PlainPost:
            cycle.task = self.loop.create_task(cycle.run())
            self.tasks.add(cycle.task)
        else:
            super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on with what came meanwhile, or wait: uvicorn's, with one timer for all waits."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self._idle_watch is None:
            self._idle_watch = self.loop.call_later(self.timeout_keep_alive, self._close_when_idle)

    def _close_when_idle(self) -> None:
        self._idle_watch = None
        if self._idle_since == math.inf or self.transport.is_closing():
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._idle_watch = self.loop.call_later(left, self._close_when_idle)
        else:
            self.transport.close()

    def client_address(self) -> str | None:
        """Where the client connected from, as its proxy says when that is believed."""
        client = self.client
        if self._proxies is not None:
            scope: Any = {"type": "http", "client": client, "headers": self.headers}
            with suppress(StopIteration):
                self._proxies(scope, _never, _never).send(None)
            client = scope["client"]
        return client[0] if client else None

    def _begin_scope(self) -> None:
        """Do what uvicorn has done before a head, after it."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = url
        self.headers += headers
        self.expect_100_continue = expects

    def _hand_over(self, post: PlainPost) -> None:
        self._post = None
        if self.transport.is_closing():
            return
        self._begin_scope()
        super().on_headers_complete()
        super().on_body(post.body)


class PlainPost:
    """One plain request: the place of uvicorn's `RequestResponseCycle`."""

    __slots__ = (
        "_accepted",
        "_address",
        "_connection",
        "_headers",
        "body",
        "disconnected",
        "keep_alive",
        "response_complete",
        "task",
    )

    message_event: ClassVar = asyncio.Event()
    """uvicorn wakes by it whoever reads a body; here nobody does."""

    def __init__(
        self,
        connection: FrontedConnection,
        headers: Mapping[str, str],
        accepted: Accepted,
        address: str | None,
        body: bytes = b"",
    ) -> None:
        self._connection = connection
        self._headers = headers
        self._accepted = accepted
        self._address = address
        self.body = body
        self.keep_alive = True
        self.disconnected = False
        """Set by uvicorn when the connection is lost; the operation runs to its end nevertheless."""
        self.response_complete = False
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Answer it."""
        connection = self._connection
        try:
            assert connection.front is not None, "else nothing is plain"
            answer = await connection.front.answer(self.body, self._headers, self._accepted, self._address)
            if connection.flow.write_paused and not self.disconnected:
                await connection.flow.drain()
            response = self._response(*answer)
        except BaseException as error:  # the edge of a request; also of a cancelled one
            connection.logger.error("Exception in ASGI application\n", exc_info=error)
            response = self._response(*_FAULT)
        connection.tasks.discard(self.task)
        if self.disconnected or connection.transport.is_closing():
            return
        connection.transport.write(response)
        self.response_complete = True
        self.body = b""
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()

    def _response(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
        """Head and body; raises `RuntimeError` for a header that would break the head."""
        always, closes = _lines(tuple(self._connection.server_state.default_headers))
        own, closes_itself = _lines(tuple(headers))
        if closes or closes_itself:
            self.keep_alive = False
        elif not self.keep_alive:
            own += b"connection: close\r\n"
        return b"%s%s%s\r\n%s" % (STATUS_LINE[status], always, own, body)


@lru_cache(maxsize=1024)
def _lines(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[bytes, bool]:
    """Header lines, and whether the connection ends with them; raises `RuntimeError` for a broken value."""
    if any(HEADER_VALUE_RE.search(value) for _, value in headers):
        raise RuntimeError("Invalid HTTP header value.")
    return b"".join(b"%s: %s\r\n" % header for header in headers), (b"connection", b"close") in headers


@lru_cache(maxsize=8)
def _proxies(trusted: str) -> ProxyHeadersMiddleware:
    return ProxyHeadersMiddleware(_never, trusted)


async def _never(*_: Any) -> Any:
    """An app that does nothing."""
