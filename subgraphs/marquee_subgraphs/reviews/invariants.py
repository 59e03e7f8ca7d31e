"""The invariants of reviews: every published review is still stored. Reads only."""

from __future__ import annotations

from collections.abc import Set

import orjson
from sqlalchemy import select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.database.kit_tables import OUTBOX, OUTBOX_AGGREGATES
from marquee_subgraphs.kit.documents.mongo.verify import LOST_DOCUMENTS_ADVICE, stored_ids, verify_documents
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.reviews.tables import ALL_TABLES, FILM_TABLES, REVIEW_TABLES


async def verify(database: Database, settings: Settings) -> list[Invariant]:
    """Check every invariant of reviews. Raises `DocumentsUnavailable`."""
    async with database.read(heavy=True) as connection:
        published = await _published_reviews(connection)
        lost_reviews = published - await stored_ids(connection, REVIEW_TABLES, published)
    return [
        Invariant(
            "each review of the last days is kept unless its author was erased",
            sorted(lost_reviews),
            advice=LOST_DOCUMENTS_ADVICE,
        ),
        await verify_documents(settings, "reviews", database, ALL_TABLES),
    ]


async def known_films(database: Database, movie_ids: Set[str]) -> set[str]:
    """Return those of these films that can be reviewed."""
    async with database.read(heavy=True) as connection:
        return await stored_ids(connection, FILM_TABLES, movie_ids)


async def _published_reviews(connection: Connection) -> set[str]:
    """Return the reviews in the outbox, which goes back some days, without those of erased people."""
    # The receipt of an erasure has the user as its aggregate, so the outbox names every erased user.
    erased = set(await connection.scalars(select(OUTBOX_AGGREGATES.c.aggregate_id)))
    published: set[str] = set()
    for text in await connection.scalars(select(OUTBOX.c.event)):
        event = orjson.loads(text)
        if event["type"] == "review.created" and event["payload"]["user_id"] not in erased:
            published.add(event["payload"]["review_id"])
    return published
