"""What time brings about: points of showtimes that have started are released, old ones no longer make a tier.

A task does it round by round, and `reading` before it answers: nothing depends on when the task runs.
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.loyalty.books import Books
from marquee_subgraphs.loyalty.store import LoyaltyStore


class Settling:
    """Settles members who are due."""

    def __init__(self, *, database: Database, store: LoyaltyStore, books: Books, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._books = books
        self._clock = clock

    async def settle_due(self) -> None:
        """One round: release points of showtimes that have started, look at tiers that may have ended."""
        while True:
            async with self._database.read() as connection:
                due = await self._store.due_members(connection, self._clock.now())
            if not due:
                return
            await self.settle(due)

    async def settle(self, membership_ids: Sequence[str]) -> None:
        """Bring these members up to date, each in a transaction of its own."""
        for membership_id in membership_ids:

            async def work(tx: Transaction, membership_id: str = membership_id) -> None:
                member = await self._store.lock_membership(tx, membership_id=membership_id)
                assert member is not None, "a membership is never deleted"
                await self._books.close(tx, await self._books.release(tx, member))

            await self._database.run(work)
