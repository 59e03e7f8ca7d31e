"""The films that can be scheduled, as movies published them."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.showtimes.domain.showtimes import MovieRecord
from marquee_subgraphs.showtimes.tables import MOVIES


class FilmStore:
    """Reads and writes of films."""

    async def save(self, tx: Transaction, movie: MovieRecord) -> None:
        """Write the film over what is stored of it."""
        statement = tx.insert(MOVIES).values(**asdict(movie))
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["id"],
                set_={name: statement.excluded[name] for name in ("title", "runtime_minutes", "is_active")},
            )
        )

    async def find(self, connection: Connection, movie_id: str) -> MovieRecord | None:
        """Return the film with this id, or None."""
        row = (await connection.execute(select(MOVIES).where(MOVIES.c.id == movie_id))).first()
        return None if row is None else MovieRecord(**row._mapping)
