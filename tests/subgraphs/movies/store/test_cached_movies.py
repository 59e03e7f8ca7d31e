"""Films from a cache are those of the store: at once where they were changed, within a moment elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.movies.app import build
from marquee_subgraphs.movies.domain import MovieQuery, MovieSort
from marquee_subgraphs.movies.store import MOVIE_CODEC, PAGE_CODEC
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, IdentitySigner
from tests.subgraphs.movies.films import ARCHIVE, FIND, MANAGER, UPDATE, add
from tests.subgraphs.replicas import replicas

__all__ = ["own_redis", "redis_prefix", "redis_url"]


@pytest.fixture
async def door(open_any_door: OpenDoor) -> Door:
    return await open_any_door(build)


async def titles(door: Door) -> list[str]:
    """The programme."""
    return [node["title"] for node in (await door.ask(FIND, {})).only()["nodes"]]


async def title(door: Door, movie_id: str) -> str:
    """One film's title, as other subgraphs ask for it."""
    [film] = (await door.entities("Movie", [movie_id], "title")).only()
    return str(film["title"])


async def rename(door: Door, movie_id: str, new: str) -> None:
    """Change a film's title."""
    given = {"movieId": movie_id, "title": new}
    payload: Any = (await door.ask(UPDATE, {"input": given}, viewer=MANAGER)).only()
    assert payload["errors"] == []


async def test_what_was_read_once_is_not_asked_for_again(door: Door) -> None:
    movie_id = (await add(door))["movie"]["id"]
    for _ in range(2):
        await title(door, movie_id)
        await titles(door)
    assert door.subgraph.database is not None
    with door.subgraph.database.count_statements() as counter:
        await title(door, movie_id)
        await titles(door)
    assert counter.count == 0


async def test_every_write_is_seen_at_once(door: Door) -> None:
    first = (await add(door, title="Alpha"))["movie"]["id"]
    assert await titles(door) == ["Alpha"]
    await add(door, title="Beta")
    assert await titles(door) == ["Alpha", "Beta"]
    assert await title(door, first) == "Alpha"
    for name in ("Gamma", "Delta"):
        await rename(door, first, name)
        assert await title(door, first) == name
        assert name in await titles(door)
    await door.ask(ARCHIVE, {"input": {"movieId": first}}, viewer=MANAGER)
    assert await titles(door) == ["Beta"]


async def test_records_and_pages_survive_being_written_as_json(door: Door) -> None:
    movie_id = (await add(door))["movie"]["id"]
    service = door.subgraph.service
    movie = (await service.movies_by_id([movie_id]))[movie_id]
    page = await service.page(MovieQuery(), MovieSort.TITLE, first=20, after=None)
    assert MOVIE_CODEC.decode(MOVIE_CODEC.encode(movie)) == movie
    assert PAGE_CODEC.decode(PAGE_CODEC.encode(page)) == page


async def test_a_change_in_one_process_is_seen_in_the_other(
    runtime: Runtime, signer: IdentitySigner, postgres_url: str, redis_url: str, redis_prefix: str
) -> None:
    async with replicas(
        build, runtime, signer, store_url=postgres_url, redis_url=redis_url, prefix=redis_prefix
    ) as (one, two):
        here, there = one.door, two.door
        movie_id = (await add(here, title="Alpha"))["movie"]["id"]
        async with asyncio.timeout(1):
            while await titles(there) != ["Alpha"]:
                pass
        for number in range(5):
            await rename(here, movie_id, f"Alpha {number}")
            assert await title(here, movie_id) == f"Alpha {number}"
            async with asyncio.timeout(1):
                while await title(there, movie_id) != f"Alpha {number}":
                    pass
                while await titles(there) != [f"Alpha {number}"]:
                    pass


async def test_films_are_read_and_changed_while_redis_is_away(
    runtime: Runtime, signer: IdentitySigner, postgres_url: str, own_redis: OwnRedis
) -> None:
    async with replicas(build, runtime, signer, store_url=postgres_url, redis_url=own_redis.url) as (
        one,
        two,
    ):
        here, there = one.door, two.door
        movie_id = (await add(here, title="Alpha"))["movie"]["id"]
        assert await title(there, movie_id) == "Alpha"
        own_redis.stop()
        await rename(here, movie_id, "Beta")
        assert await title(here, movie_id) == "Beta"
        async with asyncio.timeout(8):  # an entry is kept for five seconds
            while await title(there, movie_id) != "Beta":  # noqa: ASYNC110 - no event ends the wait
                await asyncio.sleep(0)
