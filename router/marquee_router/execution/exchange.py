"""One exchange with one subgraph: equal queries in flight are sent once, and the reply is read with
suspicion.

Owns the decoding of replies; knows neither plans nor paths.
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
"""Headers that only say which client request a call serves: they do not change its answer."""


class Exchange:
    """A subgraph's name and transport, with the queries that are in flight now."""

    __slots__ = ("_in_flight", "name", "transport")

    def __init__(self, name: str, transport: SubgraphTransport) -> None:
        self.name = name
        self.transport = transport
        self._in_flight: dict[_Key, list[asyncio.Future[SubgraphReply | None]]] = {}

    async def query(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send a query, or wait for the reply to an equal one (same body and headers) that is on its way."""
        key = (
            (body, tuple([item for item in headers.items() if item[0] not in PER_REQUEST]))
            if headers
            else (body, ())
        )
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
        """Send a query whose reply must not be older than this call: it never joins one that is under way."""
        return await self.transport.fetch(body, headers, timeout_seconds, idempotent=True)

    async def mutate(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send a mutation: always, and once."""
        return await self.transport.fetch(body, headers, timeout_seconds)


async def _shared(
    waiting: list[asyncio.Future[SubgraphReply | None]], timeout_seconds: float
) -> SubgraphReply | None:
    """Wait for somebody else's reply; None when that call was cancelled."""
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
    """A waiter gets the reply or the failure; None (the sender was cancelled) makes it send itself."""
    if waiter.done():
        return
    if failure is not None:
        waiter.set_exception(failure)
    else:
        waiter.set_result(reply)


def read_reply(body: bytes, status: int) -> tuple[dict[str, Any] | None, tuple[Any, ...]]:
    """The `data` and `errors` of a reply; raises `SubgraphReplyInvalid` when it is no GraphQL response."""
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SubgraphReplyInvalid(f"status {status}, not JSON: {error}", status=status) from None
    if payload.__class__ is not dict:
        raise SubgraphReplyInvalid(f"status {status}, not a GraphQL response", status=status)
    data = payload.get("data")
    errors = payload.get("errors")
    if data.__class__ is dict:
        if not errors:
            return data, ()
    elif data is not None or not errors:
        raise SubgraphReplyInvalid(f"status {status}, a response without data or errors", status=status)
    return data, tuple(errors) if errors.__class__ is list else ({"message": "Malformed errors"},)
