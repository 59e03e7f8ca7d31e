"""`RedisServer`: one Redis, asked with a deadline and through a circuit breaker.

After a failure nothing is asked for a moment, so that a Redis that is down costs a request nothing. Must
never hold what would be missed when Redis is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from marquee_foundation.errors import MarqueeError

T = TypeVar("T")
Client: TypeAlias = Redis
FAILURES: Final = (RedisError, OSError, TimeoutError)
"""What a client raises when its server is down, slow or confused."""
BACKGROUND_SECONDS: Final = 1.0
"""The deadline of work that no request waits for."""
_TIMEOUT_SECONDS: Final = 0.1
_CONNECT_SECONDS: Final = 1.0
_REST_SECONDS: Final = (0.5, 5.0)
_TIMEOUTS_IN_A_ROW: Final = 3
_CONNECTIONS: Final = 32

_logger = logging.getLogger("marquee_foundation.redis")


class RedisUnavailable(MarqueeError):
    """Redis did not answer, or is not asked since it last failed. The caller goes on without it."""

    code = "REDIS_UNAVAILABLE"


class RedisServer:
    """The Redis at `url` (`redis://:PASSWORD@HOST:PORT/DB`); connects when first asked. Close it."""

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "marquee",
        timeout_seconds: float = _TIMEOUT_SECONDS,
        rest_seconds: tuple[float, float] = _REST_SECONDS,
        without: str = "this process goes on without it",
    ) -> None:
        """`prefix` is for the keys of the callers. `rest_seconds` is the first and the longest rest after a
        failure, `without` what a log line says of the time without Redis. Raises `ValueError` for a bad URL.
        """
        self.prefix = prefix
        self._timeout_seconds = timeout_seconds
        self.pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=timeout_seconds,
            socket_timeout=None,  # `ask` has a deadline; the client's own could swallow a cancellation
            socket_connect_timeout=_CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self.client: Client = Redis(connection_pool=self.pool)
        """For subscriptions, scripts and work in the background; requests go through `ask`."""
        self._first_rest, self._longest_rest = rest_seconds
        self._rest_seconds = self._first_rest
        self._rests_until = 0.0
        self._is_away = False
        self._timeouts = 0
        self._without = without

    @property
    def is_away(self) -> bool:
        """True if the last questions failed."""
        return self._is_away

    async def ask(
        self, question: Callable[[Client], Awaitable[T]], *, timeout_seconds: float | None = None
    ) -> T:
        """Return the answer to `question`.

        Raises `RedisUnavailable` after `timeout_seconds`, and at once during a rest.
        """
        now = asyncio.get_running_loop().time()
        if self._is_away:
            if now < self._rests_until:
                raise RedisUnavailable
            self._rests_until = now + self._rest_seconds  # this caller tries, the others do not wait for it
        try:
            async with asyncio.timeout(timeout_seconds or self._timeout_seconds):
                answer = await question(self.client)
        except FAILURES as error:
            # A single late answer may be the fault of this process: its loop was busy.
            self._timeouts += 1
            if self._timeouts >= _TIMEOUTS_IN_A_ROW or not isinstance(error, TimeoutError):
                self._rest(error)
            raise RedisUnavailable from error
        self._timeouts = 0
        if self._is_away:
            self._is_away = False
            self._rest_seconds = self._first_rest
            _logger.warning("Redis answers again")
        return answer

    async def check(self) -> None:
        """Return when Redis answers. Raises `RedisUnavailable`."""
        await self.ask(_ping)

    async def aclose(self) -> None:
        """Close every connection."""
        await self.client.aclose()
        await self.pool.disconnect()

    def _rest(self, error: BaseException) -> None:
        if self._is_away:
            self._rest_seconds = min(2 * self._rest_seconds, self._longest_rest)
        else:
            self._is_away = True
            _logger.warning("Redis is away, %s: %s", self._without, reason_of(error))
        self._rests_until = asyncio.get_running_loop().time() + self._rest_seconds


def reason_of(error: BaseException) -> str:
    """Return the text of a failure for a log line; time-outs have none, and give their class."""
    return str(error) or type(error).__name__


async def _ping(client: Client) -> Any:
    return await client.execute_command("PING")  # type: ignore[no-untyped-call]  # redis has it so
