"""The invariants of movies: every published film is still stored. Reads only."""

from __future__ import annotations

from sqlalchemy import select

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.kit_tables import OUTBOX_AGGREGATES
from marquee_subgraphs.kit.documents.mongo.verify import LOST_DOCUMENTS_ADVICE, stored_ids, verify_documents
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.movies.tables import MOVIE_TABLES


async def verify(database: Database, settings: Settings) -> list[Invariant]:
    """Check every invariant of movies. Raises `DocumentsUnavailable`."""
    async with database.read(heavy=True) as connection:
        # Every event of movies has a film as its aggregate, and films are archived, never deleted.
        published = set(await connection.scalars(select(OUTBOX_AGGREGATES.c.aggregate_id)))
        lost = sorted(published - await stored_ids(connection, MOVIE_TABLES, published))
    return [
        Invariant("each film that was published in an event is stored", lost, advice=LOST_DOCUMENTS_ADVICE),
        await verify_documents(settings, "movies", database, [MOVIE_TABLES]),
    ]
