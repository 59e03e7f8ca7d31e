"""Whole answers: status, headers, compression, body.

Owns their bytes. Must never compress what the client did not ask to be compressed.
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
"""Refusals whose status is sent under `application/json` too; the specification keeps 200 for faults of the
document.
"""

_CONTENT_TYPES = {media: (b"content-type", media.value.encode()) for media in Media}
_VARY = (b"vary", ", ".join(VARIES_BY).encode())
_NOT_KEPT = (b"cache-control", b"no-store")


def refusal_response(error: RequestError) -> Response:
    """The answer to a refused request: errors, no data."""
    return Response(
        orjson.dumps({"errors": error.errors}), has_data=False, has_errors=True, headers=error.headers
    )


def refusal_status(error: RequestError, media: Media) -> int:
    """The HTTP status of a refusal in this media type."""
    if media is Media.GRAPHQL_RESPONSE or isinstance(error, STATUS_ALWAYS):
        return error.status
    return 200


def response_status(response: Response, media: Media) -> int:
    """The HTTP status of an answer: 400 under `application/graphql-response+json` when nothing was
    executed.
    """
    return 400 if media is Media.GRAPHQL_RESPONSE and not response.has_data else 200


class HttpResponse(NamedTuple):
    """An answer as it goes over the wire, whoever carries it."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    """Names in lower case."""
    body: bytes


class ResponseWriter:
    """Makes whole answers."""

    def __init__(self, compression: Compression) -> None:
        self._packer = Compressor(compression)

    async def answer(
        self,
        *,
        status: int,
        media: Media,
        body: bytes,
        headers: Mapping[str, str],
        accept_encoding: str | None,
    ) -> HttpResponse:
        """The answer, packed as its client likes it."""
        coding = self._packer.coding(len(body), accept_encoding)
        if coding is None and not headers:
            return HttpResponse(status, _plain_headers(media, len(body)), body)
        raw = [_CONTENT_TYPES[media]]
        if coding is not None:
            body = await self._packer.pack(body, coding)
            raw.append((b"content-encoding", coding.encode()))
        raw.append((b"content-length", b"%d" % len(body)))
        if "cache-control" not in headers:
            raw += (_VARY, _NOT_KEPT)
        for name, value in headers.items():
            raw.append((name.encode("latin-1"), value.encode("latin-1")))
        return HttpResponse(status, raw, body)


@lru_cache(maxsize=1024)
def _plain_headers(media: Media, length: int) -> tuple[tuple[bytes, bytes], ...]:
    return (_CONTENT_TYPES[media], (b"content-length", b"%d" % length), _VARY, _NOT_KEPT)


async def send_response(send: Send, answer: HttpResponse, unread: Receive | None = None) -> None:
    """Send one answer; `unread` is given when the client may still be sending what nobody wants."""
    status, headers, body = answer
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if unread is not None:
        await send({"type": "http.response.body", "body": body, "more_body": True})
        await discard(unread)
        body = b""
    await send({"type": "http.response.body", "body": body})
