"""A film that was published and is gone is found."""

from __future__ import annotations

from sqlalchemy import delete

from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.movies.app import build
from marquee_subgraphs.movies.invariants import verify
from marquee_subgraphs.movies.tables import MOVIE_TABLES
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.movies.films import add


async def test_a_lost_film_is_named(open_documents_door: OpenDoor, documents_runtime: Runtime) -> None:
    door = await open_documents_door(build)
    database = door.subgraph.database
    assert database is not None
    kept, lost = [(await add(door, title=title))["movie"]["id"] for title in ("Nosferatu", "Faust")]
    assert all(each.holds for each in await verify(database, documents_runtime.settings))

    heads, documents = MOVIE_TABLES.head_tables.heads, MOVIE_TABLES.documents
    async with database.transaction() as transaction:
        await transaction.execute(delete(documents).where(documents.c.id == lost))
        await transaction.execute(delete(heads).where(heads.c.document_id == lost))
    findings = [
        finding for each in await verify(database, documents_runtime.settings) for finding in each.findings
    ]
    assert findings == [lost]
    assert kept not in findings
