"""A MongoDB that lost documents is noticed, and one that is merely behind is not."""

from __future__ import annotations

import pymongo
import pytest

from marquee_subgraphs.kit.documents import DocumentsUnavailable
from marquee_subgraphs.kit.documents.mongo.verify import find_lost_documents, stored_ids
from marquee_subgraphs.kit.invariants import Invariant
from tests.subgraphs.kit.documents.contract import BODIES, FILMS
from tests.subgraphs.kit.documents.mongo.conftest import TABLES, Replica
from tests.subgraphs.mongo import Mongo, free_port


async def check(replica: Replica, at: Mongo) -> Invariant:
    return await find_lost_documents(at.url, at.database, "films", replica.database, [TABLES])


async def write_all(replica: Replica) -> None:
    async with replica.database.transaction() as unit:
        for id_, body in BODIES.items():
            await replica.repository.insert(unit, id_, body)


async def test_nothing_is_lost_that_waits_was_carried_or_deleted(replica: Replica, mongo: Mongo) -> None:
    await write_all(replica)
    assert (await check(replica, mongo)).holds
    await replica.journal.apply()
    assert (await check(replica, mongo)).holds
    async with replica.database.transaction() as unit:
        await replica.repository.delete(unit, "2")
    await replica.journal.apply()
    assert (await check(replica, mongo)).holds


async def test_an_emptied_mongodb_lacks_every_document_and_the_report_says_what_to_do(
    replica: Replica, mongo: Mongo
) -> None:
    await write_all(replica)
    await replica.journal.apply()
    with pymongo.MongoClient[dict[str, object]](mongo.url) as client:
        client[mongo.database][FILMS.name].delete_many({})
    lost = await check(replica, mongo)
    assert lost.findings == [f"{FILMS.name} {id_} is not in MongoDB" for id_ in sorted(BODIES)]
    assert "Restore a backup of MongoDB" in str(lost)


async def test_one_document_of_too_early_a_backup_is_named(replica: Replica, mongo: Mongo) -> None:
    await write_all(replica)
    async with replica.database.transaction() as unit:
        await replica.repository.replace(unit, "3", BODIES["3"], expected_version=1)
    await replica.journal.apply()
    with pymongo.MongoClient[dict[str, object]](mongo.url) as client:
        client[mongo.database][FILMS.name].update_one({"_id": "3"}, {"$set": {"revision": 1}})
    assert (await check(replica, mongo)).findings == [f"{FILMS.name} 3 is not in MongoDB"]


async def test_a_mongodb_that_is_away_has_lost_nothing(replica: Replica, mongo: Mongo) -> None:
    await write_all(replica)
    await replica.journal.apply()
    away = Mongo(f"mongodb://127.0.0.1:{free_port()}", mongo.database)
    with pytest.raises(DocumentsUnavailable):
        await check(replica, away)


async def test_sql_tells_which_documents_exist_wherever_their_bodies_are(replica: Replica) -> None:
    await write_all(replica)
    async with replica.database.read() as connection:
        assert await stored_ids(connection, TABLES, {"1", "4", "9"}) == {"1", "4"}
    async with replica.database.transaction() as unit:
        await replica.repository.delete(unit, "1")
    await replica.journal.apply()
    async with replica.database.read() as connection:
        assert await stored_ids(connection, TABLES, {"1", "4", "9"}) == {"4"}
