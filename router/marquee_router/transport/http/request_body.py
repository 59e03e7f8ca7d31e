"""Reads a request body within a bound of bytes and of time.

Must never hold more than the bound, nor wait longer than the timeout for a slow client.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import Message, Receive

from marquee_router.transport.eager_await import Suspended, begin
from marquee_router.transport.errors import BodyTimeout, BodyTooLarge, MalformedRequest
from marquee_router.transport.http.compression import decompressed


class ClientGone(Exception):
    """The client has closed the connection."""


async def read_body(
    receive: Receive, headers: Mapping[str, str], *, max_bytes: int, timeout_seconds: float
) -> bytes:
    """Return the whole body, decompressed.

    Raises `BodyTooLarge`, `BodyTimeout`, `UnsupportedMediaType`, `MalformedRequest` or `ClientGone`.
    """
    coding = headers.get("content-encoding", "identity").strip().lower()
    body = await _read(receive, headers, max_bytes=max_bytes, timeout_seconds=timeout_seconds)
    return body if coding == "identity" else decompressed(body, coding, max_bytes)


async def _read(
    receive: Receive, headers: Mapping[str, str], *, max_bytes: int, timeout_seconds: float
) -> bytes:
    length = headers.get("content-length")
    if length is not None:
        if not length.isascii() or not length.isdigit():
            raise MalformedRequest("Content-Length is not a number")
        # Cut: `int` of a million digits takes seconds.
        if int(length[:20]) > max_bytes:
            raise _too_large(max_bytes, {"more_body": True})
    # Nearly every body has arrived with its head: then no timer is needed.
    first = begin(receive())
    if not isinstance(first, Suspended) and not first.get("more_body", False):
        return _whole(first, max_bytes)
    try:
        async with asyncio.timeout(timeout_seconds):
            return await _pieces(first, receive, max_bytes)
    except TimeoutError:
        raise BodyTimeout(
            f"The body was not complete within {timeout_seconds:g} seconds", headers={"connection": "close"}
        ) from None


def _whole(message: Message, max_bytes: int) -> bytes:
    if message["type"] == "http.disconnect":
        raise ClientGone
    body: bytes = message.get("body", b"")
    if len(body) > max_bytes:
        raise _too_large(max_bytes, message)
    return body


async def _pieces(first: Message | Suspended[Message], receive: Receive, max_bytes: int) -> bytes:
    message = await first if isinstance(first, Suspended) else first
    chunks = [_whole(message, max_bytes)]
    size = len(chunks[0])
    while message.get("more_body", False):
        message = await receive()
        chunks.append(_whole(message, max_bytes))
        size += len(chunks[-1])
        if size > max_bytes:
            raise _too_large(max_bytes, message)
    return b"".join(chunks)


def _too_large(max_bytes: int, last: Message) -> BodyTooLarge:
    refusal = BodyTooLarge(f"The body has more than {max_bytes} bytes")
    return refusal.leave_unread() if last.get("more_body", False) else refusal
