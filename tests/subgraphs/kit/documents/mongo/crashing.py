"""A process to kill: writes, changes and deletes films as fast as it can, beside MongoDB.

`python -m tests.subgraphs.kit.documents.mongo.crashing STORE_URL MONGO_URL DATABASE LIFE` says each write,
once committed, on a line: the film's id, and its version or `gone`.
"""

from __future__ import annotations

import asyncio
import sys

from tests.subgraphs.kit.documents.mongo.conftest import Replica, open_replica
from tests.subgraphs.mongo import Mongo


async def write_for_ever(replica: Replica, name: str) -> None:
    for number in range(1_000_000):
        id_ = f"{name}-{number}"
        body = {"slug": id_, "title": id_, "year": 1}
        async with replica.database.transaction() as unit:
            await replica.repository.insert(unit, id_, body)
        print(id_, 1, flush=True)
        async with replica.database.transaction() as unit:
            found = await replica.repository.get(id_, within=unit)
            assert found is not None
            await replica.repository.replace(unit, id_, {**body, "year": 2}, expected_version=found.version)
        print(id_, 2, flush=True)
        if number % 2:
            async with replica.database.transaction() as unit:
                assert await replica.repository.delete(unit, id_, expected_version=2)
            print(id_, "gone", flush=True)


async def run(store_url: str, mongo: Mongo, life: str) -> None:
    async with open_replica(store_url, mongo) as replica, asyncio.TaskGroup() as tasks:
        tasks.create_task(replica.journal.run())
        for writer in range(3):
            tasks.create_task(write_for_ever(replica, f"f{life}-{writer}"))


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], Mongo(sys.argv[2], sys.argv[3]), sys.argv[4]))
