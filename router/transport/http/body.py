"""Reading a request body, within a number of bytes and a time.

Must never hold more than the limit, nor wait longer than the timeout for a client that sends slowly.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import Receive

from router.transport.refusals import BodyTimeout, BodyTooLarge, MalformedRequest, UnsupportedMediaType


class ClientGone(Exception):
    """The client closed the connection; nobody waits for an answer."""


async def read_body(
    receive: Receive, headers: Mapping[str, str], *, max_bytes: int, timeout_seconds: float
) -> bytes:
    """The whole body; raises `BodyTooLarge`, `BodyTimeout`, `UnsupportedMediaType` or `ClientGone`."""
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Compressed request bodies are not read here")
    length = headers.get("content-length")
    if length is not None:
        if not length.isascii() or not length.isdigit():
            raise MalformedRequest("Content-Length is not a number")
        if int(length[:20]) > max_bytes:
            raise _too_large(max_bytes)
    try:
        async with asyncio.timeout(timeout_seconds):
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                body: bytes = message.get("body", b"")
                if len(body) > max_bytes:
                    raise _too_large(max_bytes)
                return body
            chunks: list[bytes] = []
            size = 0
            while True:
                if message["type"] == "http.disconnect":
                    raise ClientGone
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                if size > max_bytes:
                    raise _too_large(max_bytes)
                chunks.append(chunk)
                if not message.get("more_body", False):
                    return b"".join(chunks)
                message = await receive()
    except TimeoutError:
        raise BodyTimeout(
            f"The body was not complete within {timeout_seconds:g} seconds", headers={"connection": "close"}
        ) from None


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body has more than {max_bytes} bytes", headers={"connection": "close"})
