"""`RedisStore`: the cache that all routers share. While Redis is down, subgraphs are asked.

Marks that could not be written are remembered, and written before anything is read again.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from marquee_foundation.redis import Client, RedisServer, RedisUnavailable
from marquee_router.caching.store import Entry, Held

R = TypeVar("R")
_TIMEOUT_SECONDS: Final = 0.2
_REST_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 24 * 3600
"""The longest life of an entry. Marks live twice as long: no entry outlives the mark that outdates it."""
_EVERYTHING: Final = "everything"
_OWED_AT_MOST: Final = 10_000
_UNMARKED: Final = b"0"


class RedisStore:
    """A store in the Redis at `url`, under keys that begin with `prefix`; connects when first asked."""

    def __init__(self, url: str, prefix: str) -> None:
        self._server = RedisServer(
            url,
            timeout_seconds=_TIMEOUT_SECONDS,
            rest_seconds=(_REST_SECONDS, _REST_SECONDS),
            without="nothing is taken from the cache",
        )
        self._prefix = f"{prefix}:cache:"
        self._owed: set[str] = set()

    async def get(self, keys: Sequence[str], marks: Sequence[str]) -> Held | None:
        """As `Store.get`."""
        if self._owed and not await self._pay():
            return None
        names = [self._prefix + name for name in (*keys, *marks, _EVERYTHING)]
        found: list[Any] | None = await self._ask(lambda client: client.mget(names))
        if found is None:
            return None
        epoch = found.pop() or _UNMARKED
        contents, marked = found[: len(keys)], found[len(keys) :]
        return Held(contents, [epoch + b"." + (mark or _UNMARKED) for mark in marked])

    async def put(self, entries: Sequence[Entry]) -> None:
        """As `Store.put`."""

        async def send(client: Client) -> Any:
            async with client.pipeline(transaction=False) as pipeline:
                for key, content, ttl_seconds in entries:
                    pipeline.set(self._prefix + key, content, ex=min(ttl_seconds, _LONGEST_SECONDS))
                return await pipeline.execute()

        await self._ask(send)

    async def mark(self, marks: Iterable[str]) -> None:
        """As `Store.mark`."""
        self._owed.update(marks)
        if len(self._owed) > _OWED_AT_MOST:
            self._owed = {_EVERYTHING}
        await self._pay()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()

    async def _pay(self) -> bool:
        """Write the marks that are owed; return False when Redis did not take them."""
        owed, token = set(self._owed), secrets.token_hex(8)

        async def send(client: Client) -> Any:
            async with client.pipeline(transaction=False) as pipeline:
                for mark in owed:
                    pipeline.set(self._prefix + mark, token, ex=2 * _LONGEST_SECONDS)
                return await pipeline.execute()

        if await self._ask(send) is None:
            return False
        self._owed -= owed
        return True

    async def _ask(self, question: Callable[[Client], Awaitable[R]]) -> R | None:
        """Return the answer of Redis; None while it is away."""
        try:
            return await self._server.ask(question, timeout_seconds=_TIMEOUT_SECONDS)
        except RedisUnavailable:
            return None
