"""The rows of films: their titles by language."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import select

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.tables import FILMS


class FilmStore:
    """Reads and writes of films."""

    async def save(self, tx: Transaction, movie_id: str, titles: Mapping[str, str]) -> None:
        """Write the titles of a film by language."""
        statement = tx.insert(FILMS).values(movie_id=movie_id, titles=dict(titles))
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["movie_id"], set_={"titles": statement.excluded["titles"]}
            )
        )

    async def title(self, connection: Connection, movie_id: str | None, locale: Locale) -> str | None:
        """Return the title of a film in a language; None when there is no translation."""
        if movie_id is None:
            return None
        titles = await connection.scalar(select(FILMS.c.titles).where(FILMS.c.movie_id == movie_id))
        return None if titles is None else titles.get(locale.value)
