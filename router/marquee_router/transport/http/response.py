"""HTTP responses that are not streams: status, headers, compression, body.

Owns their bytes. Must never compress for a client that does not accept it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import orjson
from starlette.types import Receive, Send

from marquee_router.caching import VARIES_BY
from marquee_router.config.model import Compression
from marquee_router.errors import Forbidden, LimitExceeded, RateLimited, RequestError, Unauthenticated
from marquee_router.request import Response
from marquee_router.security.csrf import CsrfRefused
from marquee_router.security.tokens import AuthenticationUnavailable
from marquee_router.transport.errors import HttpFault
from marquee_router.transport.http.compression import Compressor
from marquee_router.transport.http.negotiation import Media
from marquee_router.transport.http.unread_body import discard

STATUS_ALWAYS = (
    HttpFault,
    CsrfRefused,
    Unauthenticated,
    Forbidden,
    LimitExceeded,
    RateLimited,
    AuthenticationUnavailable,
)
"""Refusals whose status is sent under `application/json` too.

For errors of the document that media type demands 200: clients of old read any other status as no response.
"""

_CONTENT_TYPES = {media: (b"content-type", media.value.encode()) for media in Media}
_VARY = (b"vary", ", ".join(VARIES_BY).encode())
_NOT_KEPT = (b"cache-control", b"no-store")


def refusal_response(error: RequestError) -> Response:
    """The GraphQL response to a refused request: `errors` without `data`."""
    return Response(
        orjson.dumps({"errors": error.errors}), has_data=False, has_errors=True, headers=error.headers
    )


def refusal_status(error: RequestError, media: Media) -> int:
    """The HTTP status of a refusal in this media type."""
    if media is Media.GRAPHQL_RESPONSE or isinstance(error, STATUS_ALWAYS):
        return error.status
    return 200


def response_status(response: Response, media: Media) -> int:
    """The HTTP status of a response: 400 under `application/graphql-response+json` if nothing was
    executed."""
    return 400 if media is Media.GRAPHQL_RESPONSE and not response.has_data else 200


class HttpResponse(NamedTuple):
    """A response as it is sent, by ASGI or by the fast path."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    """Names in lower case."""
    body: bytes


class ResponseWriter:
    """Makes HTTP responses."""

    def __init__(self, compression: Compression) -> None:
        self._compressor = Compressor(compression)

    async def response(
        self,
        *,
        status: int,
        media: Media,
        body: bytes,
        headers: Mapping[str, str],
        accept_encoding: str | None,
    ) -> HttpResponse:
        """The response, compressed in the coding that its client prefers."""
        coding = self._compressor.coding(len(body), accept_encoding)
        if coding is None and not headers:
            return HttpResponse(status, _plain_headers(media, len(body)), body)
        raw = [_CONTENT_TYPES[media]]
        if coding is not None:
            body = await self._compressor.compress(body, coding)
            raw.append((b"content-encoding", coding.encode()))
        raw.append((b"content-length", b"%d" % len(body)))
        # An answer that may be kept has its own `vary`; any other must not be kept, not even heuristically.
        if "cache-control" not in headers:
            raw += (_VARY, _NOT_KEPT)
        for name, value in headers.items():
            raw.append((name.encode("latin-1"), value.encode("latin-1")))
        return HttpResponse(status, raw, body)


@lru_cache(maxsize=1024)
def _plain_headers(media: Media, length: int) -> tuple[tuple[bytes, bytes], ...]:
    return (_CONTENT_TYPES[media], (b"content-length", b"%d" % length), _VARY, _NOT_KEPT)


async def send_response(send: Send, answer: HttpResponse, unread: Receive | None = None) -> None:
    """Send one response.

    `unread` is given if the client may still send a body that was refused: it is read and discarded, so
    that the client gets the response before the connection is closed.
    """
    status, headers, body = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if unread is not None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await discard(unread)
        body = b""
    await send({"type": "http.response.body", "body": body})
