"""Killed at any point between commit and MongoDB, processes lose nothing that they answered."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from marquee_subgraphs.kit.documents import AtLeast
from marquee_subgraphs.kit.pagination import PageRequest
from tests.subgraphs.kit.documents.contract import FILMS
from tests.subgraphs.kit.documents.mongo.conftest import Replica, open_replica
from tests.subgraphs.mongo import Mongo, free_port, wire_server

ROOT = Path(__file__).parents[5]


def start(store_url: str, mongo: Mongo, life: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "tests.subgraphs.kit.documents.mongo.crashing"),
            *(store_url, mongo.url, mongo.database, str(life)),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], lines: int) -> dict[str, int]:
    """Kill after that many answers; how often each film was written by then, as far as answered."""
    assert process.stdout is not None
    with process:
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said += process.stdout.readlines()
    written = [line.split() for line in said if line.endswith("\n")]
    assert len(written) >= lines
    return {id_: 3 if version == "gone" else int(version) for id_, version in written}


async def seen(replica: Replica) -> dict[str, int]:
    """Every film by its version, leafed through."""
    found: dict[str, int] = {}
    request = PageRequest(100)
    while True:
        page = await replica.repository.find([AtLeast("year", 1)], page=request)
        found |= {document.id: document.version for document in page.rows}
        assert all(document.body["year"] == document.version for document in page.rows)
        if not page.has_next:
            return found
        request = PageRequest.of(100, page.cursors[-1], FILMS.key_types([]))


def assert_kept(found: dict[str, int], answered: dict[str, int]) -> None:
    """Each film is as it was answered, or as the write left it that was being made."""
    for id_, written in answered.items():
        deletable = int(id_.rpartition("-")[2]) % 2 == 1
        allowed: dict[int, Sequence[int | None]] = {
            1: (1, 2),
            2: (2, None) if deletable else (2,),
            3: (None,),
        }
        assert found.get(id_) in allowed[written], (id_, written)


@pytest.mark.fault
async def test_nothing_answered_is_lost_by_sigkill(store_url: str, mongo: Mongo) -> None:
    answered: dict[str, int] = {}
    async with open_replica(store_url, mongo):
        pass  # makes the tables
    for life in range(2):
        first, second = (start(store_url, mongo, 2 * life + replica) for replica in range(2))
        answered |= kill_after(first, random.randint(1, 150))
        answered |= kill_after(second, random.randint(1, 150))

    async with open_replica(store_url, mongo) as survivor:
        at_once = await seen(survivor)
        assert_kept(at_once, answered)
        await survivor.journal.apply()
        assert await seen(survivor) == at_once
        kept = await survivor.client.find(FILMS.name, {"version": {"$gte": 1}}, fields=("version",))
        assert {each["_id"]: each["version"] for each in kept} == at_once


@pytest.mark.fault
async def test_nothing_answered_is_lost_when_mongodb_is_killed(tmp_path: Path) -> None:
    port = free_port()
    mongo = Mongo(f"mongodb://127.0.0.1:{port}", "marquee_test")
    store_url = f"sqlite:///{tmp_path}/store.sqlite"
    with wire_server(port, tmp_path / "mongo") as server:
        writing = start(store_url, mongo, 0)
        assert writing.stdout is not None
        lines = [writing.stdout.readline() for _ in range(60)]
        server.kill()
    answered = {id_: 3 if version == "gone" else int(version) for id_, version in map(str.split, lines)}
    answered |= kill_after(writing, 0)
    with wire_server(port, tmp_path / "mongo"):
        async with open_replica(store_url, mongo) as survivor:
            await survivor.journal.apply()
            assert_kept(await seen(survivor), answered)
