"""Subscriptions to a subgraph over one HTTP response: server-sent events, or multipart parts.

Owns the two wire formats; `aiohttp_client` owns the connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing

import orjson

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout
from marquee_router.execution.http.aiohttp_client import SessionHttp
from marquee_router.execution.http.options import HttpOptions

_SSE = "text/event-stream"
_MULTIPART = 'multipart/mixed;subscriptionSpec="1.0", application/json'


async def subscribe_sse(
    session: SessionHttp, url: str, body: bytes, headers: Mapping[str, str], options: HttpOptions
) -> AsyncGenerator[bytes, None]:
    """One event per `next`, until `complete` or the end of the answer (GraphQL over SSE, distinct
    connections)."""
    async with aclosing(_lines(session, url, body, headers, options, _SSE)) as lines:
        event, data = "", []
        async for line in lines:
            if line:
                name, _, value = line.partition(b":")
                value = value.removeprefix(b" ")
                if name == b"event":
                    event = value.decode()
                elif name == b"data":
                    data.append(value)
                continue
            if event == "complete":
                return
            if event == "next" and data:
                yield b"\n".join(data)
            event, data = "", []


async def subscribe_multipart(
    session: SessionHttp, url: str, body: bytes, headers: Mapping[str, str], options: HttpOptions
) -> AsyncGenerator[bytes, None]:
    """One event per part with a payload; `{}` is a heartbeat, an `errors` beside the payload ends the
    stream."""
    async with aclosing(_lines(session, url, body, headers, options, _MULTIPART)) as lines:
        async for line in lines:
            if not line.startswith(b"{"):
                continue
            try:
                part = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise SubgraphReplyInvalid(f"a part is not JSON: {error}") from None
            if part.get("payload") is not None:
                yield orjson.dumps(part["payload"])
            if part.get("errors"):
                yield orjson.dumps({"errors": part["errors"]})
                return


async def _lines(
    session: SessionHttp,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    options: HttpOptions,
    accept: str,
) -> AsyncGenerator[bytes, None]:
    """Yield the lines of a streamed response, without line ends; raises `SubgraphUnavailable`."""
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(options.acknowledge_timeout_seconds):
                response = await stack.enter_async_context(session.post(url, body, headers, accept))
        except TimeoutError:
            raise SubgraphTimeout("the subgraph did not begin the stream") from None
        expected = accept.partition(";")[0]
        if response.status != 200 or not response.content_type.startswith(expected):
            raise SubgraphReplyInvalid(
                f"expected a stream, got {response.status} {response.content_type}", status=response.status
            )
        rest = b""
        async for chunk in response.content.iter_any():
            rest += chunk
            *lines, rest = rest.split(b"\n")
            for line in lines:
                yield line.removesuffix(b"\r")
            if len(rest) > options.max_body_bytes:
                raise SubgraphReplyInvalid("an event is too large", retryable=False)
        if rest:
            yield rest
