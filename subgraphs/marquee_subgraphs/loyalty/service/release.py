"""The periodic release of points: showtimes have started, or old points no longer count for a tier.

It decides who is looked at; which points of a member are released is in `points` and `store.accruals`.
Nothing depends on when the task runs: `queries` releases what is due before it answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.loyalty.service.points import Points
from marquee_subgraphs.loyalty.store import LoyaltyStore


class PointsRelease:
    """Brings members up to date when time alone has changed their balances."""

    def __init__(self, backend: Backend, store: LoyaltyStore, points: Points) -> None:
        self._backend = backend
        self._store = store
        self._points = points

    async def release_due(self) -> None:
        """Release for every member who is due, round by round, until none is left."""
        while True:
            async with self._backend.database.read() as connection:
                due = await self._store.members.find_due(connection, self._backend.clock.now())
            if not due:
                return
            await self.release(due)

    async def release(self, membership_ids: Sequence[str]) -> None:
        """Bring these members up to date, each in a transaction of its own."""
        for membership_id in membership_ids:

            async def work(tx: Transaction, membership_id: str = membership_id) -> None:
                member = await self._store.members.lock(tx, membership_id=membership_id)
                assert member is not None, "a membership is never deleted"
                await self._points.close(tx, await self._points.release(tx, member))

            await self._backend.database.run(work)
