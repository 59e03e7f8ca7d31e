"""Streamed HTTP responses: one part per event, heartbeats in between, an end when the client leaves.

Owns the loop that SSE and multipart share; each has its own framing. Must never outlive its client.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from starlette.types import Receive, Send

from marquee_router.errors import RequestError
from marquee_router.request import Response
from marquee_router.transport.broadcast import Event
from marquee_router.transport.event_queue import End, EventQueue


class Framing(Protocol):
    """How one transport frames a stream."""

    @property
    def content_type(self) -> str:
        """The stream's media type."""
        ...

    def opening(self) -> bytes:
        """The first bytes of the stream."""
        ...

    def event(self, body: bytes) -> bytes:
        """One response."""
        ...

    def heartbeat(self) -> bytes:
        """Bytes that keep proxies from closing a silent stream; clients ignore them."""
        ...

    def closing(self, error: RequestError | None) -> bytes:
        """The last bytes of the stream."""
        ...


async def watch_disconnect(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def stream_events(
    queue: EventQueue,
    framing: Framing,
    receive: Receive,
    send: Send,
    *,
    heartbeat_seconds: float,
) -> None:
    """Write the events of a queue until its end, or until the client leaves."""
    await start_stream(send, framing)
    gone = asyncio.create_task(watch_disconnect(receive), name="client watch")
    gone.add_done_callback(lambda _: queue.finish(None))
    try:
        while not gone.done():
            item = await queue.next(heartbeat_seconds)
            if gone.done():
                return
            if isinstance(item, Event):
                await _write(send, framing.event(item.body))
            elif isinstance(item, End):
                await send(
                    {"type": "http.response.body", "body": framing.closing(item.error), "more_body": False}
                )
                return
            else:
                await _write(send, framing.heartbeat())
    except OSError:
        return  # the client left while something was being written
    finally:
        gone.cancel()


async def stream_parts(
    first: Response,
    parts: AsyncIterator[Response],
    framing: Framing,
    receive: Receive,
    send: Send,
    *,
    heartbeat_seconds: float,
) -> None:
    """Write an incremental response part by part, as fast as the client reads, until its end."""
    await start_stream(send, framing)
    gone = asyncio.create_task(watch_disconnect(receive), name="client watch")
    coming: asyncio.Task[Response | None] | None = None
    try:
        await _write(send, framing.event(first.body))
        while not gone.done():
            coming = coming or asyncio.create_task(_next(parts), name="next part")
            await asyncio.wait({coming, gone}, timeout=heartbeat_seconds, return_when=asyncio.FIRST_COMPLETED)
            if not coming.done():
                if not gone.done():
                    await _write(send, framing.heartbeat())
                continue
            part, coming = coming.result(), None
            if part is None:
                await send({"type": "http.response.body", "body": framing.closing(None), "more_body": False})
                return
            await _write(send, framing.event(part.body))
    except OSError:
        return  # the client left while something was being written
    finally:
        gone.cancel()
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})


async def _next(parts: AsyncIterator[Response]) -> Response | None:
    return await anext(parts, None)


async def start_stream(send: Send, framing: Framing) -> None:
    """Send the head of a streamed response."""
    raw = [
        (b"content-type", framing.content_type.encode()),
        # `no-transform` keeps proxies from compressing, `x-accel-buffering` nginx from buffering: either
        # would
        # hold events back.
        (b"cache-control", b"no-cache, no-transform"),
        (b"x-accel-buffering", b"no"),
        (b"vary", b"accept"),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    await _write(send, framing.opening())


async def _write(send: Send, data: bytes) -> None:
    if data:
        await send({"type": "http.response.body", "body": data, "more_body": True})
