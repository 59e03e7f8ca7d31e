"""Moments of a purchase, as the stores show them: what a test waits for before it breaks something.

Each is a number that grows; a moment has come when it is larger than it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

import asyncpg

from deploy.local import LocalStack
from tests.eventually import eventually
from tests.faults.books import Books

_LOOK_EVERY_SECONDS = 0.003
_WAIT_SECONDS = 30.0


class Moment(Enum):
    """A step of the purchase that is committed; the value is where it is seen, and how."""

    HELD = ("tickets", "SELECT count(*) FROM holds")
    PLACED = ("tickets", "SELECT count(*) FROM orders")
    STARTED = ("payments", "SELECT count(*) FROM payments")
    AUTHORIZED = ("payments", "SELECT count(*) FROM payment_events WHERE kind = 'authorized'")
    SOLD = ("tickets", "SELECT count(*) FROM orders WHERE status = 'CONFIRMED'")
    CAPTURED = ("payments", "SELECT count(*) FROM payment_events WHERE kind = 'captured'")


@asynccontextmanager
async def watching(stack: LocalStack, moment: Moment) -> AsyncIterator[Watch]:
    """Watch for a moment from now on."""
    subgraph, query = moment.value
    connection = await asyncpg.connect(Books(stack).address(subgraph))
    try:
        yield Watch(connection, query, await connection.fetchval(query))
    finally:
        await connection.close()


class Watch:
    """Waits for more of a moment."""

    def __init__(self, connection: asyncpg.Connection, query: str, before: int) -> None:
        self._connection = connection
        self._query = query
        self._before = before

    async def reaches(self, more: int) -> None:
        """Return once it happened `more` times."""

        async def is_reached() -> bool:
            return bool(await self._connection.fetchval(self._query) >= self._before + more)

        await eventually(is_reached, seconds=_WAIT_SECONDS, every=_LOOK_EVERY_SECONDS)
