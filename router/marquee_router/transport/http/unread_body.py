"""Reads and discards the rest of a body that was refused, for a moment, so that the client gets the response.

A TCP connection that is closed while received bytes are unread is reset, and a reset may discard the
response. Must never keep what it reads, nor read for ever.
"""

from __future__ import annotations

import asyncio
from typing import Final

from starlette.types import Receive

LINGER_SECONDS: Final = 3.0
LINGER_BYTES: Final = 16 * 1024 * 1024


async def discard(receive: Receive) -> None:
    """Read what the client still sends, until its body ends, it disconnects, or a bound is reached."""
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            more = True
            while more and left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                more = message.get("more_body", False)
    except TimeoutError:
        return
