"""Committed writes reach MongoDB whoever dies in between, once in effect, in whatever order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from marquee_subgraphs.kit.documents import (
    DocumentsUnavailable,
    DuplicateDocument,
    Equal,
    StoredDocument,
    VersionConflict,
)
from marquee_subgraphs.kit.documents.mongo.client import MongoClient
from marquee_subgraphs.kit.documents.mongo.form import Document, document_form
from tests.subgraphs.kit.documents.contract import BODIES, FILMS
from tests.subgraphs.kit.documents.mongo.conftest import TABLES, Replica, open_replica
from tests.subgraphs.mongo import Mongo, free_port, wire_server

HEADS = TABLES.head_tables.heads


def body(slug: str, year: int = 1922) -> dict[str, Any]:
    return {"slug": slug, "title": slug.title(), "year": year, "silent": True}


async def kept(replica: Replica) -> dict[str, tuple[int, int | None]]:
    """What MongoDB itself has: revision and version of each id, deleted ones too."""
    found = await replica.client.find(FILMS.name, {}, fields=("revision", "version"))
    return {each["_id"]: (each["revision"], each["version"]) for each in found}


async def waiting(replica: Replica) -> int:
    """How many writes SQL still keeps."""
    async with replica.database.read() as connection:
        statement = select(func.count()).select_from(HEADS).where(HEADS.c.carried_at.is_(None))
        return int(await connection.scalar(statement))


class DyingClient(MongoClient):
    """Ends like a process that is killed once MongoDB has the writes."""

    async def put(self, collection: str, forms: Sequence[Document]) -> set[str]:
        await super().put(collection, forms)
        raise KeyboardInterrupt


async def test_every_process_reads_a_write_as_soon_as_it_is_answered(
    replica: Replica, other_replica: Replica
) -> None:
    await replica.films.fill()
    for reader in (replica, other_replica):
        assert await reader.films.ids(Equal("silent", True)) == ["1", "2", "4"]
    assert await kept(replica) == {}

    await other_replica.journal.apply()
    assert await waiting(replica) == 0
    for reader in (replica, other_replica):
        assert await reader.films.ids(Equal("silent", True)) == ["1", "2", "4"]
        assert await reader.repository.get("1") == StoredDocument("1", 1, BODIES["1"])


async def test_what_a_process_carried_and_did_not_note_is_carried_again_without_effect(
    store_url: str, mongo: Mongo
) -> None:
    async with open_replica(store_url, mongo, DyingClient) as dying:
        await dying.films.fill()
        with pytest.raises(KeyboardInterrupt):
            await dying.journal.apply()
        assert await waiting(dying) == 4
    async with open_replica(store_url, mongo) as next_life:
        before = await kept(next_life)
        await next_life.journal.apply()
        assert await waiting(next_life) == 0
        assert await kept(next_life) == before == dict.fromkeys(BODIES, (1, 1))


async def test_an_older_write_that_arrives_late_changes_nothing(replica: Replica) -> None:
    forms = [
        document_form(FILMS, "1", revision, revision, body(f"film-{revision}")) for revision in (1, 2, 3)
    ]
    for order in ([2], [0], [1, 2], [0, 1], [2]):
        for index in order:
            assert await replica.client.put(FILMS.name, [forms[index]]) == {"1"}
        assert await kept(replica) == {"1": (3, 3)}


async def test_a_late_write_does_not_bring_a_deleted_document_back(replica: Replica) -> None:
    late = document_form(FILMS, "1", 1, 1, BODIES["1"])
    await replica.carried_films.add("1", BODIES["1"])
    async with replica.carried_films.store.transaction() as unit:
        await replica.repository.delete(unit, "1")
    await replica.client.put(FILMS.name, [late])

    assert await kept(replica) == {"1": (2, None)}
    assert await replica.films.ids() == []
    assert await replica.repository.count() == 0


async def test_a_document_written_again_while_it_is_carried_stays_on_its_way(
    store_url: str, mongo: Mongo, replica: Replica
) -> None:
    class OvertakenClient(MongoClient):
        async def put(self, collection: str, forms: Sequence[Document]) -> set[str]:
            arrived = await super().put(collection, forms)
            async with replica.database.transaction() as unit:
                await replica.repository.replace(unit, "1", body("second"), expected_version=1)
            return arrived

    await replica.films.add("1", body("first"))
    async with open_replica(store_url, mongo, OvertakenClient) as overtaken:
        await overtaken.journal.apply()

    assert await waiting(replica) == 1
    assert await replica.films.ids(Equal("slug", "second")) == ["1"]
    await replica.journal.apply()
    assert await kept(replica) == {"1": (2, 2)}


async def test_replicas_that_write_and_carry_at_once_agree(replica: Replica, other_replica: Replica) -> None:
    async def write(at: Replica, number: int) -> None:
        films = at.carried_films
        await films.add(f"f{number}", body(f"film-{number}", 0))
        for year in (1, 2, 3):
            async with films.store.transaction() as unit:
                await at.repository.replace(
                    unit, f"f{number}", body(f"film-{number}", year), expected_version=year
                )

    await asyncio.gather(
        *(write(at, number) for number in range(12) for at in [(replica, other_replica)[number % 2]])
    )
    await asyncio.gather(replica.journal.apply(), other_replica.journal.apply())

    assert await waiting(replica) == 0
    assert await kept(replica) == {f"f{number}": (4, 4) for number in range(12)}
    assert await replica.repository.tally(["year"]) == {(3.0,): 12}


async def test_one_of_many_who_claim_the_same_unique_field_gets_it(
    replica: Replica, other_replica: Replica
) -> None:
    outcomes = await asyncio.gather(
        *((replica, other_replica)[n % 2].carried_films.add(f"f{n}", body("same")) for n in range(8)),
        return_exceptions=True,
    )
    assert outcomes.count(None) == 1
    assert [type(outcome) for outcome in outcomes].count(DuplicateDocument) == 7
    await replica.journal.apply()
    [winner] = await replica.films.ids()
    assert set(await kept(replica)) == {winner}

    async with replica.database.transaction() as unit:
        await replica.repository.delete(unit, winner)
        await replica.repository.insert(unit, "next", body("same"))
    await other_replica.journal.apply()
    assert await other_replica.films.ids(Equal("slug", "same")) == ["next"]


async def test_a_refused_write_leaves_nothing_in_its_unit(replica: Replica) -> None:
    await replica.films.fill()
    async with replica.database.transaction() as unit:
        with pytest.raises(DuplicateDocument):
            await replica.repository.insert(unit, "1", body("new"))
        with pytest.raises(VersionConflict):
            await replica.repository.replace(unit, "1", body("newer"), expected_version=5)
        await replica.repository.insert(unit, "5", body("new"))
        await replica.repository.insert(unit, "6", body("newer"))
    await replica.journal.apply()
    assert sorted(await replica.films.ids()) == ["1", "2", "3", "4", "5", "6"]


async def test_what_deleted_documents_leave_goes_after_a_day(replica: Replica) -> None:
    await replica.carried_films.fill()
    async with replica.carried_films.store.transaction() as unit:
        for id_ in ("1", "2"):
            await replica.repository.delete(unit, id_)
    await replica.carried_films.add("2", body("again"))
    await replica.journal.forget_deleted()
    assert await kept(replica) == {"1": (2, None), "2": (3, 1), "3": (1, 1), "4": (1, 1)}

    replica.clock.advance(timedelta(days=1, seconds=1))
    await replica.journal.forget_deleted()
    assert await kept(replica) == {"2": (3, 1), "3": (1, 1), "4": (1, 1)}
    await replica.carried_films.add("1", body("back"))
    assert await kept(replica) == {"1": (1, 1), "2": (3, 1), "3": (1, 1), "4": (1, 1)}


async def test_a_read_brings_a_large_backlog_first(replica: Replica) -> None:
    async with replica.database.transaction() as unit:
        for number in range(501):
            await replica.repository.insert(unit, f"f{number}", body(f"film-{number}"))
    assert await replica.repository.count() == 501
    assert await waiting(replica) == 0


async def test_while_mongodb_is_away_writes_are_kept_and_reads_say_so(tmp_path: Path) -> None:
    port = free_port()
    at = Mongo(f"mongodb://127.0.0.1:{port}", "marquee_test")
    async with open_replica(f"sqlite:///{tmp_path}/store.sqlite", at) as replica:
        carrying = asyncio.create_task(replica.journal.run())
        await replica.films.fill()
        with pytest.raises(DocumentsUnavailable):
            await replica.films.ids()
        assert await replica.repository.get("1") == StoredDocument("1", 1, BODIES["1"])
        assert await replica.repository.get("9") is None
        with wire_server(port, tmp_path / "mongo"):
            async with asyncio.timeout(15):
                await replica.journal.settled()
            assert await replica.films.ids(Equal("silent", True)) == ["1", "2", "4"]
            assert await kept(replica) == dict.fromkeys(BODIES, (1, 1))
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
