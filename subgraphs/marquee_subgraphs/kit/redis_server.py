"""`RedisServer`: the one Redis of this process, asked with little patience and never needed.

Owns the client, its time-outs and a circuit: after a failure nothing is asked for a moment, so that a dead
Redis costs a request nothing. Must never hold what would be missed when Redis is lost.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeAlias, TypeVar

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

T = TypeVar("T")
Client: TypeAlias = Redis
TIMEOUT_SECONDS: Final = 0.1
"""For each answer, connecting included, where somebody waits for it."""
PATIENT_SECONDS: Final = 1.0
"""For what is told in the background."""
_LATE_IN_A_ROW: Final = 3
_FIRST_REST_SECONDS: Final = 0.5
_LONGEST_REST_SECONDS: Final = 5.0
_CONNECTIONS: Final = 32
FAILURES: Final = (RedisError, OSError, TimeoutError)
"""What a server that is down, slow or confused makes its client raise."""

_logger = logging.getLogger("marquee.redis")


class RedisAway(Exception):
    """Redis did not answer, or is given a rest since it last did not. The caller goes on without it."""

    code = "REDIS_AWAY"


class RedisServer:
    """Redis at `url` (`redis://HOST:PORT/DB`); connects when first asked. `prefix` begins every key."""

    def __init__(
        self, url: str, *, prefix: str = "marquee", timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self.prefix = prefix
        self._timeout_seconds = timeout_seconds
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=timeout_seconds,
            socket_timeout=None,  # `ask` has a deadline; redis's own could swallow a cancellation
            socket_connect_timeout=PATIENT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self.client: Client = Redis(connection_pool=self._pool)
        """For long-lived subscriptions and for making scripts; everything else goes through `ask`."""
        self._closed_until = 0.0
        self._rest_seconds = _FIRST_REST_SECONDS
        self._is_away = False
        self._late = 0

    @property
    def is_away(self) -> bool:
        """Whether the last questions failed."""
        return self._is_away

    async def ask(
        self, question: Callable[[Client], Awaitable[T]], *, timeout_seconds: float | None = None
    ) -> T:
        """The answer to `question`; raises `RedisAway` in time, at once during a rest."""
        now = asyncio.get_running_loop().time()
        if self._is_away:
            if now < self._closed_until:
                raise RedisAway
            self._closed_until = now + self._rest_seconds  # one asks whether it is back; others go without
        try:
            async with asyncio.timeout(timeout_seconds or self._timeout_seconds):
                answer = await question(self.client)
        except FAILURES as error:
            # One late answer may be this process's own doing; several in a row are not.
            self._late += 1
            if self._late >= _LATE_IN_A_ROW or not isinstance(error, TimeoutError):
                self._fail(error)
            raise RedisAway from error
        self._late = 0
        if self._is_away:
            self._is_away = False
            self._rest_seconds = _FIRST_REST_SECONDS
            _logger.warning("Redis answers again")
        return answer

    async def check(self) -> None:
        """Return when Redis answers; raises `RedisAway`."""
        await self.ask(_ping)

    async def close(self) -> None:
        """Close every connection."""
        await self.client.aclose()
        await self._pool.disconnect()

    def _fail(self, error: BaseException) -> None:
        if self._is_away:
            self._rest_seconds = min(2 * self._rest_seconds, _LONGEST_REST_SECONDS)
        else:
            self._is_away = True
            _logger.warning("Redis is away, this process goes on without: %s", reason_of(error))
        self._closed_until = asyncio.get_running_loop().time() + self._rest_seconds


def reason_of(error: BaseException) -> str:
    """What to log of a failure; time-outs have no words of their own."""
    return str(error) or type(error).__name__


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until each has ended: Python 3.11 may lose a cancellation that comes with an answer."""
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.05)


async def _ping(client: Client) -> Any:
    return await client.execute_command("PING")  # type: ignore[no-untyped-call]  # redis has it so
