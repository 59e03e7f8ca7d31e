"""The rows of showtimes, as the events of showtimes describe them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.loyalty.tables import SHOWTIMES


class ShowtimeStore:
    """Reads and writes of showtimes. Each write also makes a row that does not exist yet: the events of a
    showtime may be replayed in any order.
    """

    async def schedule(
        self, tx: Transaction, showtime_id: str, movie_title: str, starts_at: datetime
    ) -> None:
        """Write the film and the start."""
        await self._upsert(tx, showtime_id, {"movie_title": movie_title, "starts_at": starts_at})

    async def reschedule(self, tx: Transaction, showtime_id: str, starts_at: datetime) -> None:
        """Write the start."""
        await self._upsert(tx, showtime_id, {"starts_at": starts_at})

    async def cancel(self, tx: Transaction, showtime_id: str) -> None:
        """Write that the showtime does not take place."""
        await self._upsert(tx, showtime_id, {"cancelled": True})

    async def movie_title(self, tx: Transaction, showtime_id: str) -> str | None:
        """Return the title of the film; None while the showtime is not known."""
        title: str | None = await tx.scalar(
            select(SHOWTIMES.c.movie_title).where(SHOWTIMES.c.id == showtime_id)
        )
        return title

    async def _upsert(self, tx: Transaction, showtime_id: str, changes: dict[str, object]) -> None:
        await tx.execute(
            tx.insert(SHOWTIMES)
            .values(id=showtime_id, **{"cancelled": False, **changes})
            .on_conflict_do_update(index_elements=[SHOWTIMES.c.id], set_=changes)
        )
