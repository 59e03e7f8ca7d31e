"""`ResponseParser`: the bytes of one connection as responses. Owns parsing and its bounds; writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import httptools

from marquee_router.errors import SubgraphReplyInvalid
from marquee_router.message_heads import KnownHead

_LENGTH_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
_FRAMING_BYTES = 256 * 1024
"""What a response may have beside its body: headers, and the sizes of its chunks."""


OnResponse: TypeAlias = Callable[[int, bytes, "ResponseHeaders", bool], None]
"""Gets status, body as it was sent, headers, and True if the connection can carry another request."""


class ResponseHeaders(Mapping[str, str]):
    """Response headers, decoded only when one is read; of a repeated name the last value counts."""

    __slots__ = ("_decoded", "_raw")

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._raw = raw
        self._decoded: dict[str, str] | None = None

    def find(self, wanted: bytes) -> bytes:
        """The value of a name in lower case, without decoding the rest; empty if there is none."""
        length = len(wanted)
        for name, value in self._raw:
            if len(name) == length and name.lower() == wanted:
                return value
        return b""

    def with_length(self, length: bytes) -> ResponseHeaders:
        """The same headers with another `Content-Length`."""
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


class ResponseParser:
    """Parses the responses on one connection, one after another."""

    __slots__ = (
        "_chunks",
        "_headers",
        "_known",
        "_max_body_bytes",
        "_on_response",
        "_parser",
        "_received",
        "_size",
        "_status",
    )

    def __init__(self, max_body_bytes: int, on_response: OnResponse) -> None:
        """`on_response` is called with each response; 1xx responses are skipped."""
        self._max_body_bytes = max_body_bytes
        self._on_response = on_response
        self._parser = httptools.HttpResponseParser(self)
        self._received = b""
        """What the parser is given now."""
        self._known: tuple[KnownHead, ResponseHeaders, int] | None = None
        """The last head that came in one piece, the headers read from it, and its status."""
        self._reset()

    def _reset(self) -> None:
        self._status = 0
        self._size = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []

    @property
    def has_begun(self) -> bool:
        """True if any byte of a response has arrived, and its end has not."""
        return self._size > 0

    @property
    def has_headers(self) -> bool:
        """True if a response has begun and its first header has arrived."""
        return bool(self._headers)

    def feed(self, data: bytes) -> None:
        """Parse what has arrived; raises `SubgraphReplyInvalid`."""
        if self._known is not None and not self._size and self._parse_known(data, *self._known):
            return
        self._size += len(data)
        if self._size > self._max_body_bytes + _FRAMING_BYTES:
            raise SubgraphReplyInvalid("the answer is too large", status=self._status, retryable=False)
        self._received = data
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise SubgraphReplyInvalid(f"not HTTP: {error!r}") from None
        finally:
            self._received = b""

    def finish_at_eof(self) -> None:
        """The connection has ended: so has a body without a length (RFC 9112, 6.3)."""
        has_length = any(name.lower() in _LENGTH_HEADERS for name, _ in self._headers)
        if self._status >= 200 and not has_length:
            self._finish(keep=False)

    def drop(self) -> None:
        """Release what has arrived of a response; it would stay until the cycle collector runs."""
        self._chunks = []

    def _parse_known(self, data: bytes, head: KnownHead, headers: ResponseHeaders, status: int) -> bool:
        """Read a response whose head is the last one's but for the length, without parsing it.

        A subgraph sends the same headers with nearly every response, so this is the usual case.
        """
        read = head.read(data)
        if read is None:
            return False
        length, body = read
        if length != head.length:
            headers = headers.with_length(length)
        self._on_response(status, body, headers, True)
        return True

    def _finish(self, *, keep: bool) -> None:
        chunks, headers = self._chunks, ResponseHeaders(self._headers)
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        head = KnownHead.of(self._received, body) if keep and len(self._received) == self._size else None
        status = self._status
        self._known = None if head is None else (head, headers, status)
        self._reset()
        self._on_response(status, body, headers, keep)

    # Called by httptools.

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)

    def on_message_complete(self) -> None:
        if 100 <= self._status < 200:  # for example `103 Early Hints`: the response follows
            self._reset()
        else:
            self._finish(keep=self._parser.should_keep_alive())
