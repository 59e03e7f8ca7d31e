"""`SharedCounts`: what all routers count together, in Redis, by the library `limits`.

Asked with little patience and, after a failure, not at all for a moment: each router then goes by its own
count.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Any, Final

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from marquee_router.config.model import Rate

_TIMEOUT_SECONDS: Final = 0.1
_REST_SECONDS: Final = 2.0

logger = logging.getLogger("marquee_router.rate_limits")


class SharedCounts:
    """Counts in the Redis at `url`, under keys that begin with `prefix`; connects when first asked."""

    def __init__(self, url: str, prefix: str) -> None:
        options: dict[str, Any] = {
            "socket_timeout": None,
            "socket_connect_timeout": _TIMEOUT_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
        self._storage = RedisStorage(
            f"async+{url}", implementation="redispy", key_prefix=f"{prefix}:rates", **options
        )
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)
        self._items: dict[tuple[int, int], RateLimitItem] = {}
        self._is_away = False
        self._rests_until = 0.0

    async def hit(self, rate: Rate, rule: str, subject: str) -> int | None:
        """Count one operation. None when it is allowed, or Redis is away; else the seconds to wait."""
        now = time.monotonic()
        if self._is_away:
            if now < self._rests_until:
                return None
            self._rests_until = now + _REST_SECONDS
        item = self._item(rate)
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                allowed = await self._limiter.hit(item, rule, subject)
                waits = None if allowed else await self._limiter.get_window_stats(item, rule, subject)
        except (RedisError, OSError, TimeoutError) as error:
            self._rest(error)
            return None
        if self._is_away:
            self._is_away = False
            logger.warning("Redis answers again: rates are counted by all routers together")
        return None if waits is None else max(1, math.ceil(waits.reset_time - time.time()))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._storage.bridge.get_connection().aclose()  # type: ignore[attr-defined]  # untyped there

    def _item(self, rate: Rate) -> RateLimitItem:
        key = (rate.limit, rate.seconds)
        if key not in self._items:
            self._items[key] = RateLimitItemPerSecond(rate.limit, rate.seconds)
        return self._items[key]

    def _rest(self, error: BaseException) -> None:
        if not self._is_away:
            self._is_away = True
            reason = str(error) or type(error).__name__
            logger.warning("Redis is away, this router goes by its own count of rates: %s", reason)
        self._rests_until = time.monotonic() + _REST_SECONDS
