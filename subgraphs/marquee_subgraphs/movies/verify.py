"""The invariants of films: what was told to others is kept. Reads only."""

from __future__ import annotations

from sqlalchemy import select

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.kit_tables import OUTBOX_AGGREGATES
from marquee_subgraphs.kit.documents.verify import LOST_DOCUMENTS_ADVICE, stored_ids, verify_documents
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.movies.store import MOVIE_TABLES


async def verify(database: Database, settings: Settings) -> list[Invariant]:
    """Check every invariant. Raises `DocumentsUnavailable`."""
    async with database.read(heavy=True) as connection:
        # Every event of movies is of a film, and films are archived, never deleted.
        told = set(await connection.scalars(select(OUTBOX_AGGREGATES.c.aggregate_id)))
        lost = sorted(told - await stored_ids(connection, MOVIE_TABLES, told))
    return [
        Invariant("each film that others were told of is kept", lost, advice=LOST_DOCUMENTS_ADVICE),
        await verify_documents(settings, "movies", database, [MOVIE_TABLES]),
    ]
