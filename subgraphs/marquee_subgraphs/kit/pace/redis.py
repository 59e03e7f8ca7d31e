"""`RedisPace`: buckets that all processes of a subgraph fill together.

Each process also counts for itself, and goes on by that while Redis is away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final

from marquee_foundation.redis import RedisServer, RedisUnavailable
from marquee_subgraphs.kit.pace.memory import MemoryPace
from marquee_subgraphs.kit.pace.pace import Bucket

# Arguments: times, now, window in seconds, an `_Act`. Answers how full the bucket was found.
_SCRIPT: Final = """
local times, now, window, act = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local found = 0
if kept[1] then
  found = math.max(0, kept[1] - times * math.max(0, now - kept[2]) / window)
end
if act == '1' or (act == '2' and found <= times - 1 + 0.000001) then
  redis.call('HSET', KEYS[1], 'level', tostring(math.min(times, found + 1)), 'at', ARGV[2])
  redis.call('PEXPIRE', KEYS[1], math.ceil(window * 1000))
end
return tostring(found)
"""


class _Act(IntEnum):
    LOOK = 0
    COUNT = 1
    TAKE = 2


class RedisPace:
    """`Pace` of all processes of `subgraph`."""

    def __init__(self, server: RedisServer, subgraph: str) -> None:
        self._server = server
        self._keys = f"{server.prefix}:pace:{subgraph}:"
        self._script = server.client.register_script(_SCRIPT)
        self._here = MemoryPace()

    async def check(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Raise `RateLimited` when one of the buckets is full; counts nothing."""
        await self._here.check(buckets, now)
        for bucket in buckets:
            bucket.refuse(await self._ask(bucket, now, _Act.LOOK))

    async def count(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Count one time into each bucket that is not full."""
        await self._here.count(buckets, now)
        for bucket in buckets:
            await self._ask(bucket, now, _Act.COUNT)

    async def take(self, bucket: Bucket, now: datetime) -> None:
        """Count one time; raises `RateLimited`, and counts nothing, when the bucket is full."""
        await self._here.take(bucket, now)
        bucket.refuse(await self._ask(bucket, now, _Act.TAKE))

    async def forget(self, bucket: Bucket) -> None:
        """Empty a bucket."""
        await self._here.forget(bucket)
        try:
            await self._server.ask(lambda client: client.delete(self._key(bucket)))
        except RedisUnavailable:
            return

    def _key(self, bucket: Bucket) -> str:
        """Where a bucket is: no mail address nor IP address can be read from it."""
        return self._keys + hashlib.blake2b(bucket.subject.encode(), digest_size=16).hexdigest()

    async def _ask(self, bucket: Bucket, now: datetime, act: _Act) -> float:
        """How full a bucket is; empty while Redis is away."""
        arguments = [bucket.times, now.timestamp(), bucket.window.total_seconds(), int(act)]
        keys = [self._key(bucket)]
        try:
            return float(await self._server.ask(lambda client: self._script(keys, arguments, client)))
        except RedisUnavailable:
            return 0.0
