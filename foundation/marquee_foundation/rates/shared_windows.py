"""`SharedWindows`: hits that all processes count together, in Redis, by the library `limits`.

While Redis is down nothing is refused here: each process goes by its own `WindowRate`.
"""

from __future__ import annotations

from typing import Any, Final

from limits import RateLimitItem
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from marquee_foundation.rates.windows import seconds_until_room
from marquee_foundation.redis import Client, RedisServer, RedisUnavailable

_TIMEOUT_SECONDS: Final = 0.1
_REST_SECONDS: Final = 2.0


class SharedWindows:
    """Counts in the Redis at `url`, under keys that begin with `prefix`. The caller closes it."""

    def __init__(self, url: str, prefix: str) -> None:
        self._server = RedisServer(
            url,
            timeout_seconds=_TIMEOUT_SECONDS,
            rest_seconds=(_REST_SECONDS, _REST_SECONDS),
            without="each process goes by its own count of rates",
        )
        pool: Any = self._server.pool  # typed as a setting by `limits`
        self._storage = RedisStorage(
            f"async+{url}", implementation="redispy", key_prefix=f"{prefix}:rates", connection_pool=pool
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    async def hit(self, item: RateLimitItem, rule: str, subject: str) -> int | None:
        """Count a hit of `subject` under the rate of `rule`.

        Returns None when it is allowed, or Redis is down; else the seconds to wait.
        """

        async def count(_: Client) -> int | None:
            if await self._limiter.hit(item, rule, subject):
                return None
            window = await self._storage.get_sliding_window(item.key_for(rule, subject), item.get_expiry())
            return seconds_until_room(item, window)

        try:
            return await self._server.ask(count)
        except RedisUnavailable:
            return None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._server.aclose()
