"""One keep-alive HTTP/1.1 connection: one request at a time, and its response.

Owns what becomes of the request that is under way. Knows nothing of pools, GraphQL or retries.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.http.content_encoding import decoded
from marquee_router.execution.http.response_parser import ResponseHeaders, ResponseParser
from marquee_router.execution.subgraph import SubgraphReply


class ConnectionBroken(SubgraphUnavailable):
    """The connection ended before the whole response; `untouched` if none of its bytes had arrived."""

    def __init__(self, detail: str, *, untouched: bool) -> None:
        super().__init__(detail)
        self.untouched = untouched


class Connection(asyncio.Protocol):
    """A connection of a pool."""

    __slots__ = (
        "_future",
        "_max_body_bytes",
        "_on_free",
        "_on_lost",
        "_parser",
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
        """`on_free` is called when it can carry another request, `on_lost` when it is gone."""
        self.loop = loop
        self._max_body_bytes = max_body_bytes
        self._on_free = on_free
        self._on_lost = on_lost
        self._parser = ResponseParser(max_body_bytes, self._on_response)
        self._transport: asyncio.Transport | None = None
        self._future: asyncio.Future[SubgraphReply] | None = None
        self.closed = False
        self.idle_since = 0.0
        self.deadline = 0.0
        """When the request that is under way must be answered, on the loop's clock."""

    @property
    def made(self) -> bool:
        """True if it was ever connected: then `on_lost` will be called."""
        return self._transport is not None

    @property
    def busy(self) -> bool:
        """True if a request is under way."""
        return self._future is not None

    def request(self, data: bytes, future: asyncio.Future[SubgraphReply], deadline: float) -> None:
        """Write one request; `future` gets its response or its failure."""
        assert self._transport is not None
        self._future = future
        self.deadline = deadline
        self._transport.write(data)

    def time_out(self) -> None:
        """Fail the request that is under way, because its deadline has passed."""
        self._fail(SubgraphTimeout("no answer in time"))

    def abort(self) -> None:
        """Drop the connection now, with the request that is under way."""
        self._future = None
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self._future is None:  # a response without a request: what follows cannot be trusted
            self._close()
            return
        try:
            self._parser.feed(data)
        except SubgraphReplyInvalid as invalid:
            self._fail(invalid.with_traceback(None))  # as in `_on_response`
        if not self.busy and self._parser.has_headers:  # a second response to one request
            self._close()

    def eof_received(self) -> bool:
        if self._future is not None:
            self._parser.finish_at_eof()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._future is not None:
            detail = f"the connection broke: {error!r}" if error else "the connection was closed"
            self._fail(ConnectionBroken(detail, untouched=not self._parser.has_begun))
        self._parser.drop()
        self._on_lost(self)

    def _on_response(self, status: int, body: bytes, headers: ResponseHeaders, keep: bool) -> None:
        future, self._future = self._future, None
        if future is None:
            self._close()
            return
        if not future.done():
            try:
                reply = self._reply(status, body, headers)
            except SubgraphReplyInvalid as invalid:
                # Its frames hold the response and the future: that cycle would stay until the collector runs.
                future.set_exception(invalid.with_traceback(None))
            else:
                future.set_result(reply)
        if keep and not self.closed:
            self._on_free(self)
        else:
            self._close()

    def _reply(self, status: int, body: bytes, headers: ResponseHeaders) -> SubgraphReply:
        encoding = headers.find(b"content-encoding")
        if encoding:
            body = decoded(body, encoding, self._max_body_bytes)
        if len(body) > self._max_body_bytes:
            raise SubgraphReplyInvalid("the answer is too large", status=status, retryable=False)
        return SubgraphReply(status, headers.find(b"content-type").decode("latin-1"), body, headers)

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
