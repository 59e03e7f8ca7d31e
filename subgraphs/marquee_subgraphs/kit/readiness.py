"""Readiness: whether each part of a subgraph works at this moment.

A part is `ok`, `degraded` (the subgraph does without it), or the kind of its failure: never more of a failure
than its kind, because anybody may ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final

from sqlalchemy import select

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.skew import MOST_SKEW_SECONDS, clock_skew_seconds
from marquee_subgraphs.kit.events import ServiceEvents
from marquee_subgraphs.kit.runtime import Runtime

_CHECK_SECONDS: Final = 2.0
"""A part that takes longer to answer is not ready: orchestrators' probes wait little longer themselves."""

Check = Callable[[], Awaitable[None]]
"""Returns when its part works, or raises."""


def database_check(database: Database) -> Check:
    """Return a check that asks the database something small."""

    async def check() -> None:
        async with database.read() as connection:
            await connection.scalar(select(1))

    return check


def readiness_status(parts: Iterable[str]) -> str:
    """Return `ready` when every part is `ok`, `degraded` when the others are, else `not ready`."""
    states = set(parts)
    if states <= {"ok"}:
        return "ready"
    return "degraded" if states <= {"ok", "degraded"} else "not ready"


class Readiness:
    """Asks the parts of one subgraph that is started."""

    def __init__(
        self,
        runtime: Runtime,
        checks: Mapping[str, Check],
        database: Database | None,
        events: ServiceEvents | None,
    ) -> None:
        self._runtime = runtime
        self._database = database
        self._events = events
        self._checks = dict(checks)
        if database is not None:
            self._checks["database"] = database_check(database)

    async def parts(self) -> dict[str, str]:
        """Return the state of each part by its name."""
        states = await asyncio.gather(*[_state(check) for check in self._checks.values()])
        parts = dict(zip(self._checks, states, strict=True))
        if self._events is not None:
            # Without the broker commands still commit; their events wait in the outbox.
            parts["events"] = "ok" if self._events.connected else "degraded"
        if self._runtime.redis is not None:
            parts["redis"] = "degraded" if await self._runtime.redis.is_away() else "ok"
        if self._database is not None:
            parts |= await self._clock_part(self._database)
        return parts

    async def _clock_part(self, database: Database) -> dict[str, str]:
        # A clock that is a minute ahead ends holds and signatures a minute early. Every replica may have it,
        # so the subgraph goes on serving and only reports it.
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                skew = await clock_skew_seconds(database, self._runtime.clock)
        except Exception:  # noqa: BLE001  # an edge: the part `database` reports what is wrong
            return {}
        if skew is None:
            return {}
        return {"clock": "ok" if abs(skew) <= MOST_SKEW_SECONDS else "degraded"}


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001  # an edge: any failure means "not ready"
        return type(error).__name__
    return "ok"
