"""`RedisBuckets`: buckets that all processes fill together.

Each process also counts for itself, and goes on by its own count while Redis is down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import IntEnum
from typing import Final

from marquee_foundation.rates.buckets import Bucket, MemoryBuckets
from marquee_foundation.redis import RedisServer, RedisUnavailable

# Arguments: times, now, window in seconds, an `_Act`. Returns how full the bucket was found.
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


class RedisBuckets:
    """Implements `Buckets` under keys that begin with `prefix`."""

    def __init__(self, server: RedisServer, prefix: str) -> None:
        self._server = server
        self._prefix = prefix
        self._script = server.client.register_script(_SCRIPT)
        self._here = MemoryBuckets()

    async def look(self, buckets: Sequence[Bucket], now: datetime) -> int:
        """As `Buckets.look`."""
        wait = await self._here.look(buckets, now)
        if wait:
            return wait
        levels = [(bucket, await self._ask(bucket, now, _Act.LOOK)) for bucket in buckets]
        return max((bucket.seconds_until_room(level) for bucket, level in levels), default=0)

    async def count(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """As `Buckets.count`."""
        await self._here.count(buckets, now)
        for bucket in buckets:
            await self._ask(bucket, now, _Act.COUNT)

    async def take(self, bucket: Bucket, now: datetime) -> int:
        """As `Buckets.take`."""
        wait = await self._here.take(bucket, now)
        return wait or bucket.seconds_until_room(await self._ask(bucket, now, _Act.TAKE))

    async def forget(self, bucket: Bucket) -> None:
        """As `Buckets.forget`."""
        await self._here.forget(bucket)
        try:
            await self._server.ask(lambda client: client.delete(self._key(bucket)))
        except RedisUnavailable:
            return

    def _key(self, bucket: Bucket) -> str:
        """Return where a bucket is: no mail address and no IP address can be read from it."""
        return self._prefix + hashlib.blake2b(bucket.subject.encode(), digest_size=16).hexdigest()

    async def _ask(self, bucket: Bucket, now: datetime, act: _Act) -> float:
        """Return how full a bucket was; 0 while Redis is down."""
        arguments = [bucket.times, now.timestamp(), bucket.window.total_seconds(), int(act)]
        keys = [self._key(bucket)]
        try:
            return float(await self._server.ask(lambda client: self._script(keys, arguments, client)))
        except RedisUnavailable:
            return 0.0
