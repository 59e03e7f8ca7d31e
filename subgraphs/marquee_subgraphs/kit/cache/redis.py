"""`RedisCache`: values that all processes of a subgraph share, each with a small memory in front.

In Redis each value carries the epoch in which it was stored, so that one write (a new epoch) clears
everything. A deleted key is replaced by a tombstone for two seconds, so that a process that read the store
before the change cannot store the old value after it. A live topic invalidates the memories of the other
processes. While Redis is away, the memory and the store answer alone.
"""

from __future__ import annotations

import asyncio
import math
import random
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar, cast

import orjson

from marquee_foundation.redis import BACKGROUND_SECONDS, Client, RedisServer, RedisUnavailable
from marquee_foundation.tasks import end_tasks
from marquee_subgraphs.kit.cache.cache import Codec, Compute
from marquee_subgraphs.kit.cache.memory import MemoryCache
from marquee_subgraphs.kit.live import Resync, Topics

V = TypeVar("V")

_NEAR_TTL_SECONDS: Final = 5.0
_ABSENT_TTL_SECONDS: Final = 2.0
_TOMBSTONE: Final = b"x"
_TOMBSTONE_MILLISECONDS: Final = 2_000
_LONGEST_COMPUTATION_SECONDS: Final = 1.0
"""A computation that took longer may have begun before a tombstone that has expired since: it is not stored.
"""
_EPOCH_MILLISECONDS: Final = 600_000
_OWED_AT_MOST: Final = 1_000
_PAUSE_SECONDS: Final = 0.5
_STORE: Final = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
for i = 2, #KEYS do
  if redis.call('GET', KEYS[i]) ~= 'x' then
    redis.call('SET', KEYS[i], ARGV[2 * i - 2], 'PX', ARGV[2 * i - 1])
  end
end
return 1
"""


@dataclass(frozen=True, slots=True)
class _Names:
    """Where one cache is in Redis, and the live topic of its changes."""

    topic: str
    key_prefix: str
    epoch: str


class RedisCache(Generic[V]):
    """Values of one kind, `name`, kept for at most `ttl_seconds`. Create it while an event loop runs; close
    it.
    """

    def __init__(
        self,
        server: RedisServer,
        topics: Topics[Any],
        name: str,
        codec: Codec[V],
        *,
        capacity: int = 2_000,
        ttl_seconds: float = 30.0,
    ) -> None:
        self._server = server
        self._topics = topics
        self._names = _Names(
            topic=f"cache:{name}",
            key_prefix=f"{server.prefix}:cache:{name}:",
            epoch=f"{server.prefix}:cache-epoch:{name}",
        )
        self._codec = codec
        self._ttl_seconds = ttl_seconds
        self._near: MemoryCache[V] = MemoryCache(
            capacity=capacity, ttl_seconds=min(_NEAR_TTL_SECONDS, ttl_seconds)
        )
        self._store_script = server.client.register_script(_STORE)
        self._changes = 0
        self._owed: dict[str, int] = {}
        """Keys whose change Redis has not confirmed yet, each with the number of its last change."""
        self._clear_owed: int | None = None
        self._to_tell = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._listen(), name=f"{self._names.topic}: listen"),
            asyncio.create_task(self._tell(), name=f"{self._names.topic}: tell"),
        ]

    async def get_many(self, keys: Sequence[str], compute: Compute[V]) -> dict[str, V]:
        """Return the values of the keys that exist; call `compute` for those that are not kept."""

        async def ask(missing: Sequence[str]) -> Mapping[str, V]:
            return await self._ask(missing, compute)

        return await self._near.get_many(keys, ask)

    def delete(self, keys: Collection[str]) -> None:
        """Forget these keys here at once, and in Redis and the other processes as soon as possible."""
        self._near.delete(keys)
        self._changes += 1
        self._owed.update(dict.fromkeys(keys, self._changes))
        if len(self._owed) > _OWED_AT_MOST:
            self._owed.clear()
            self._clear_owed = self._changes
        self._to_tell.set()

    def clear(self) -> None:
        """Forget everything here at once, and in Redis and the other processes as soon as possible."""
        self._near.clear()
        self._changes += 1
        self._clear_owed = self._changes
        self._to_tell.set()

    async def close(self) -> None:
        """Stop the background tasks."""
        await end_tasks(self._tasks)
        await self._near.close()

    # Reading

    async def _ask(self, keys: Sequence[str], compute: Compute[V]) -> Mapping[str, V]:
        """Ask Redis, and the store for the rest. Keys whose change Redis has not confirmed are read from the
        store.
        """
        asked = [] if self._clear_owed is not None else [key for key in keys if key not in self._owed]
        if not asked:
            return await compute(keys)
        try:
            names = [self._names.epoch, *[self._names.key_prefix + key for key in asked]]
            answer = await self._server.ask(lambda client: client.mget(names))
        except RedisUnavailable:
            return await compute(keys)
        first, *kept = cast("list[bytes | None]", answer)
        epoch = (first or b"").decode()
        found: dict[str, V] = {}
        known: set[str] = set()
        for key, raw in zip(asked, kept, strict=True):
            value = None if raw is None or raw == _TOMBSTONE else orjson.loads(raw)
            if value is None or value[0] != epoch or _is_due(value[1], value[2]):
                continue
            known.add(key)
            if value[3] is not None:
                found[key] = self._codec.decode(value[3])
        rest = [key for key in keys if key not in known]
        if rest:
            started = time.monotonic()
            computed = await compute(rest)
            found.update(computed)
            storable = [key for key in rest if key in asked and key not in self._owed]
            await self._keep(epoch, storable, computed, time.monotonic() - started)
        return found

    async def _keep(self, epoch: str, keys: Sequence[str], computed: Mapping[str, V], seconds: float) -> None:
        # A computation of 3 s may have read the store before a `delete` whose tombstone (2 s) is gone by now.
        if not keys or seconds > _LONGEST_COMPUTATION_SECONDS or self._clear_owed is not None:
            return
        arguments: list[str | bytes | int] = [epoch]
        for key in keys:
            ttl = self._ttl_seconds if key in computed else _ABSENT_TTL_SECONDS
            value = self._codec.encode(computed[key]) if key in computed else None
            arguments.append(orjson.dumps([epoch, time.time() + ttl, seconds, value]))
            arguments.append(int(ttl * 1000))
        names = [self._names.epoch, *[self._names.key_prefix + key for key in keys]]
        try:
            await self._server.ask(lambda client: self._store_script(names, arguments, client))
        except RedisUnavailable:
            return

    # Changes

    async def _tell(self) -> None:
        """Write each change to Redis, then tell the other memories; retry until Redis confirms."""
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            clear, owed = self._clear_owed, dict(self._owed)
            bury = partial(self._bury, everything=clear is not None, keys=tuple(owed))
            try:
                await self._server.ask(bury, timeout_seconds=BACKGROUND_SECONDS)
            except RedisUnavailable:
                await asyncio.sleep(_PAUSE_SECONDS)
                self._to_tell.set()
            else:
                # A key that changed again meanwhile has a higher number and stays owed.
                self._owed = {key: number for key, number in self._owed.items() if owed.get(key) != number}
                if self._clear_owed == clear:
                    self._clear_owed = None
            self._topics.publish(self._names.topic, None if clear is not None else list(owed))

    async def _bury(self, client: Client, *, everything: bool, keys: Sequence[str]) -> None:
        async with client.pipeline(transaction=False) as pipeline:
            if everything:
                pipeline.set(self._names.epoch, secrets.token_hex(6), px=_EPOCH_MILLISECONDS)
            for key in keys:
                pipeline.set(self._names.key_prefix + key, _TOMBSTONE, px=_TOMBSTONE_MILLISECONDS)
            await pipeline.execute()

    async def _listen(self) -> None:
        async with self._topics.subscribe(self._names.topic) as news:
            async for changed in news:
                if isinstance(changed, Resync) or changed is None:
                    self._near.clear()
                else:
                    self._near.delete(changed)


def _is_due(expires_at: float, cost_seconds: float) -> bool:
    """Return True if a value is to be computed again although it has not expired yet.

    The chance grows with the cost of the computation and with the nearness of its end, so that of many
    processes one computes it in time instead of all at once (XFetch, Vattani et al. 2015).
    """
    return time.time() - cost_seconds * math.log(1.0 - random.random()) >= expires_at  # noqa: S311 - a chance


__all__ = ["RedisCache"]
