"""One keep-alive HTTP/1.1 connection: one request at a time, bytes in, one answer out.

Owns parsing and the fate of the request that is on it; knows nothing of pools, GraphQL or retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import cast

import httptools

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.http.content_encoding import decoded
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.message_heads import KnownHead

_LENGTH_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
_FRAMING_BYTES = 256 * 1024
"""What an answer may have beside its body: headers, and the sizes of its chunks."""


class ConnectionBroken(SubgraphUnavailable):
    """The connection ended before a whole answer; `untouched` when not one byte of it had come."""

    def __init__(self, detail: str, *, untouched: bool) -> None:
        super().__init__(detail)
        self.untouched = untouched


class ResponseHeaders(Mapping[str, str]):
    """Response headers, decoded only when somebody looks; of a repeated name the last one."""

    __slots__ = ("_decoded", "_raw")

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._decoded: dict[str, str] | None = None

    def find(self, wanted: bytes) -> bytes:
        """The value of a name in lower case, without decoding the rest; empty when there is none."""
        length = len(wanted)
        for name, value in self._raw:
            if len(name) == length and name.lower() == wanted:
                return value
        return b""

    def with_length(self, length: bytes) -> ResponseHeaders:
        """The same with another `Content-Length`."""
        return ResponseHeaders(
            [(name, length if name.lower() == b"content-length" else value) for name, value in self._raw]
        )

    def _all(self) -> dict[str, str]:
        if self._decoded is None:
            self._decoded = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self._raw
            }
        return self._decoded

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class Connection(asyncio.Protocol):
    """A connection of a pool; `on_free` is called when it can carry another request, `on_lost` when it is
    gone."""

    __slots__ = (
        "_chunks",
        "_future",
        "_headers",
        "_known",
        "_max_body_bytes",
        "_max_bytes",
        "_on_free",
        "_on_lost",
        "_parser",
        "_received",
        "_size",
        "_status",
        "_transport",
        "closed",
        "deadline",
        "idle_since",
        "loop",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        max_body_bytes: int,
        on_free: Callable[[Connection], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self.loop = loop
        self._max_body_bytes = max_body_bytes
        self._max_bytes = max_body_bytes + _FRAMING_BYTES
        self._on_free = on_free
        self._on_lost = on_lost
        self._parser = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._future: asyncio.Future[SubgraphReply] | None = None
        self._received = b""
        """What the parser is given now."""
        self._known: tuple[KnownHead, ResponseHeaders, int] | None = None
        """The head of the last answer, what was read of it, and its status, when it came in one piece."""
        self._reset()
        self.closed = False
        self.idle_since = 0.0
        self.deadline = 0.0
        """When the request that is under way must be answered, on the loop's clock."""

    def _reset(self) -> None:
        self._status = 0
        self._size = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []

    @property
    def made(self) -> bool:
        """Whether it was ever connected: then `on_lost` will be called, sooner or later."""
        return self._transport is not None

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._future is not None

    def request(self, data: bytes, future: asyncio.Future[SubgraphReply], deadline: float) -> None:
        """Write one request; its answer, or what befell it, goes to `future`."""
        assert self._transport is not None
        self._future = future
        self.deadline = deadline
        self._transport.write(data)

    def time_out(self) -> None:
        """The answer did not come in time."""
        self._fail(SubgraphTimeout("no answer in time"))

    def abort(self) -> None:
        """Drop the connection now, with whatever was under way."""
        self._future = None
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._future is None:  # nobody asked
            self._close()
            return
        if self._known is not None and not self._size and self._finish_known(data, *self._known):
            return
        self._size += len(data)
        if self._size > self._max_bytes:
            self._fail(SubgraphReplyInvalid("the answer is too large", status=self._status, retryable=False))
            return
        self._received = data
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(SubgraphReplyInvalid(f"not HTTP: {error!r}"))
        self._received = b""
        if self._headers and not self.busy:  # another answer has begun
            self._close()

    def eof_received(self) -> bool:
        """A body without a length ends here (RFC 9112, 6.3)."""
        if self._future is not None and self._status >= 200 and not self._has_length():
            self._finish(keep=False)
        return False

    def _has_length(self) -> bool:
        return any(name.lower() in _LENGTH_HEADERS for name, _ in self._headers)

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._future is not None:
            detail = f"the connection broke: {error!r}" if error else "the connection was closed"
            self._fail(ConnectionBroken(detail, untouched=not self._size))
        self._chunks = []  # what came of an answer would wait for the collector with the parser
        self._on_lost(self)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200:
            self._reset()
            return
        if self._future is None:
            self._close()
            return
        self._finish(keep=self._parser.should_keep_alive())

    def _finish_known(self, data: bytes, head: KnownHead, headers: ResponseHeaders, status: int) -> bool:
        """Finish with an answer whose head is the last one's but for the length, without parsing it."""
        read = head.read(data)
        if read is None:
            return False
        length, body = read
        if length != head.length:
            headers = headers.with_length(length)
        self._status = status
        self._hand_over(body, headers, keep=True)
        return True

    def _finish(self, *, keep: bool) -> None:
        chunks, headers = self._chunks, ResponseHeaders(self._headers)
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        head = KnownHead.of(self._received, body) if keep and len(self._received) == self._size else None
        self._known = None if head is None else (head, headers, self._status)
        self._hand_over(body, headers, keep=keep)

    def _hand_over(self, body: bytes, headers: ResponseHeaders, *, keep: bool) -> None:
        future, self._future = self._future, None
        if future is not None and not future.done():
            try:
                reply = self._reply(body, headers)
            except SubgraphReplyInvalid as invalid:
                # Its frames hold the answer, and the future: together they would wait for the collector.
                future.set_exception(invalid.with_traceback(None))
            else:
                future.set_result(reply)
        if keep and not self.closed:
            self._reset()
            self._on_free(self)
        else:
            self._close()

    def _reply(self, body: bytes, headers: ResponseHeaders) -> SubgraphReply:
        encoding = headers.find(b"content-encoding")
        if encoding:
            body = decoded(body, encoding, self._max_body_bytes)
        if len(body) > self._max_body_bytes:
            raise SubgraphReplyInvalid("the answer is too large", status=self._status, retryable=False)
        content_type = headers.find(b"content-type").decode("latin-1")
        return SubgraphReply(self._status, content_type, body, headers)

    def _fail(self, error: SubgraphUnavailable) -> None:
        future, self._future = self._future, None
        if future is not None and not future.done():
            future.set_exception(error)
        self._close()

    def _close(self) -> None:
        if not self.closed:
            self.closed = True
            if self._transport is not None:
                self._transport.abort()
