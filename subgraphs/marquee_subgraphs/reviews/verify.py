"""The invariants of reviews: what was written is kept. Reads only."""

from __future__ import annotations

from collections.abc import Set

import orjson
from sqlalchemy import select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.database.kit_tables import OUTBOX, OUTBOX_AGGREGATES
from marquee_subgraphs.kit.documents.verify import LOST_DOCUMENTS_ADVICE, stored_ids, verify_documents
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.reviews.store import ATTENDANCE_TABLES, FILM_TABLES, REVIEW_TABLES, VOTE_TABLES


async def verify(database: Database, settings: Settings) -> list[Invariant]:
    """Check every invariant. Raises `DocumentsUnavailable`."""
    async with database.read(heavy=True) as connection:
        told = await _reviews_told(connection)
        lost_reviews = told - await stored_ids(connection, REVIEW_TABLES, told)
    tables = [REVIEW_TABLES, VOTE_TABLES, ATTENDANCE_TABLES, FILM_TABLES]
    return [
        Invariant(
            "each review of the last days is kept unless its author was erased",
            sorted(lost_reviews),
            advice=LOST_DOCUMENTS_ADVICE,
        ),
        await verify_documents(settings, "reviews", database, tables),
    ]


async def known_films(database: Database, movie_ids: Set[str]) -> set[str]:
    """Which of these films reviews knows, and so takes reviews of."""
    async with database.read(heavy=True) as connection:
        return await stored_ids(connection, FILM_TABLES, movie_ids)


async def _reviews_told(connection: Connection) -> set[str]:
    """The reviews that others were told of, as far as the outbox goes back; none of erased people."""
    erased = set(await connection.scalars(select(OUTBOX_AGGREGATES.c.aggregate_id)))
    told: set[str] = set()
    for text in await connection.scalars(select(OUTBOX.c.event)):
        event = orjson.loads(text)
        if event["type"] == "review.created" and event["payload"]["user_id"] not in erased:
            told.add(event["payload"]["review_id"])
    return told
