"""A published review that is gone is found, unless its author was erased."""

from __future__ import annotations

from sqlalchemy import delete

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.reviews.invariants import known_films, verify
from marquee_subgraphs.reviews.tables import FILM_TABLES, REVIEW_TABLES
from tests.subgraphs.reviews.conftest import ANA, BRUNO, ReviewedFilm


async def broken(runtime: Runtime, database: Database) -> dict[str, list[str]]:
    return {
        each.name: list(each.findings) for each in await verify(database, runtime.settings) if each.findings
    }


async def test_a_lost_review_is_named_unless_its_author_was_erased(film: ReviewedFilm) -> None:
    database = film.door.subgraph.database
    assert database is not None
    lost = (await film.write(ANA))["review"]["id"]
    await film.write(BRUNO)
    assert await broken(film.runtime, database) == {}
    await film.receive("user.erasure_requested", {"user_id": BRUNO.user_id})
    assert await broken(film.runtime, database) == {}

    heads, documents = REVIEW_TABLES.head_tables.heads, REVIEW_TABLES.documents
    async with database.transaction() as transaction:
        await transaction.execute(delete(documents).where(documents.c.id == lost))
        await transaction.execute(delete(heads).where(heads.c.document_id == lost))
    assert await broken(film.runtime, database) == {
        "each review of the last days is kept unless its author was erased": [lost]
    }


async def test_a_film_that_was_heard_of_is_known(film: ReviewedFilm) -> None:
    database = film.door.subgraph.database
    assert database is not None
    assert await known_films(database, {film.movie_id, "mov_other"}) == {film.movie_id}
    heads, documents = FILM_TABLES.head_tables.heads, FILM_TABLES.documents
    async with database.transaction() as transaction:
        await transaction.execute(delete(documents))
        await transaction.execute(delete(heads).where(heads.c.collection == "films"))
    assert await known_films(database, {film.movie_id}) == set()
