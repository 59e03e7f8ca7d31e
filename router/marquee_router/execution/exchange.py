"""`Exchange`: the requests to one subgraph. Equal queries that are under way at once are sent once.

Owns the decoding of replies, which are never trusted. Knows neither plans nor paths.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, TypeAlias

import orjson

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport

_Key: TypeAlias = tuple[bytes, tuple[tuple[str, str], ...]]

PER_REQUEST = frozenset({"traceparent", "tracestate", "baggage", "x-request-id", "x-correlation-id"})
"""Headers that only identify the client request of a call: the answer does not depend on them."""


class Exchange:
    """The name and transport of a subgraph, and the queries that are under way."""

    __slots__ = ("_in_flight", "name", "transport")

    def __init__(self, name: str, transport: SubgraphTransport) -> None:
        self.name = name
        self.transport = transport
        self._in_flight: dict[_Key, list[asyncio.Future[SubgraphReply | None]]] = {}

    async def query(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send a query, or share the reply to an equal one (same body and headers) that is under way.

        If the client whose call is shared leaves, its call is cancelled: then one of the others sends its
        own.
        """
        key = (
            (body, tuple([item for item in headers.items() if item[0] not in PER_REQUEST]))
            if headers
            else (body, ())
        )
        # Equal bytes and equal headers, the identity among them, are an equal question: N clients, one call.
        waiting = self._in_flight.get(key)
        if waiting is not None:
            shared = await _shared(waiting, timeout_seconds)
            return shared or await self.query(body, headers, timeout_seconds)
        waiters: list[asyncio.Future[SubgraphReply | None]] = []
        self._in_flight[key] = waiters
        reply: SubgraphReply | None = None
        failure: Exception | None = None
        try:
            reply = await self.transport.fetch(body, headers, timeout_seconds, idempotent=True)
        except Exception as error:
            failure = error
            raise
        finally:
            del self._in_flight[key]
            for waiter in waiters:
                _hand_over(waiter, reply, failure)
        return reply

    async def read(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send a query whose reply must not be older than this call: it never shares one."""
        return await self.transport.fetch(body, headers, timeout_seconds, idempotent=True)

    async def mutate(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send a mutation, once; it is never shared."""
        return await self.transport.fetch(body, headers, timeout_seconds)


async def _shared(
    waiting: list[asyncio.Future[SubgraphReply | None]], timeout_seconds: float
) -> SubgraphReply | None:
    """Wait for the reply to another call; None if that call was cancelled."""
    future: asyncio.Future[SubgraphReply | None] = asyncio.get_running_loop().create_future()
    waiting.append(future)
    try:
        async with asyncio.timeout(timeout_seconds):
            return await future
    except TimeoutError:
        raise SubgraphTimeout("no answer in time to a call that was shared") from None


def _hand_over(
    waiter: asyncio.Future[SubgraphReply | None], reply: SubgraphReply | None, failure: Exception | None
) -> None:
    """Give a waiter the reply or the failure; without either, the call was cancelled."""
    if waiter.done():
        return
    if failure is not None:
        waiter.set_exception(failure)
    else:
        waiter.set_result(reply)


def read_reply(body: bytes, status: int) -> tuple[dict[str, Any] | None, tuple[Any, ...]]:
    """Return `data` and `errors` of a reply; raises `SubgraphReplyInvalid` if it is not a GraphQL
    response."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SubgraphReplyInvalid(f"status {status}, not JSON: {error}", status=status) from None
    if payload.__class__ is not dict:
        raise SubgraphReplyInvalid(f"status {status}, not a GraphQL response", status=status)
    # The HTTP status does not count: many servers send GraphQL errors with 200, others with 400 or 500.
    data = payload.get("data")
    errors = payload.get("errors")
    if data.__class__ is dict:
        if not errors:
            return data, ()
    elif data is not None or not errors:
        raise SubgraphReplyInvalid(f"status {status}, a response without data or errors", status=status)
    return data, tuple(errors) if errors.__class__ is list else ({"message": "Malformed errors"},)
