"""Reading what a subgraph has said."""

from __future__ import annotations

from sqlalchemy import select

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.kit_tables import OUTBOX
from marquee_subgraphs.kit.events import Envelope


async def said(database: Database) -> list[Envelope]:
    """Every event in the outbox, in order."""
    async with database.read() as connection:
        texts = await connection.scalars(select(OUTBOX.c.event).order_by(OUTBOX.c.sequence))
    return [Envelope.from_json(text) for text in texts]
