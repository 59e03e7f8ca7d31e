"""Films: writing, finding, changing under competition."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from marquee_subgraphs.movies.app import build
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.movies.films import ARCHIVE, CREATE, FIND, MANAGER, NOSFERATU, UPDATE, add


@pytest.fixture
async def door(open_documents_door: OpenDoor) -> Door:
    return await open_documents_door(build)


async def test_a_film_is_read_in_the_language_asked_for(door: Door) -> None:
    movie_id = (await add(door))["movie"]["id"]
    asked = await door.ask(
        "query ($id: ID!) { movie(id: $id) { title es: title(locale: ES) en: synopsis(locale: EN) } }",
        {"id": movie_id},
    )
    assert asked.only() == {
        "title": "Nosferatu",
        "es": "Nosferatu, una sinfonía",
        "en": "A count travels only by night.",
    }


@pytest.mark.parametrize(
    ("filter_", "titles"),
    [
        ({"text": "sinfonia"}, ["Nosferatu"]),
        ({"text": "schr"}, ["Nosferatu"]),
        ({"text": "lang metropo"}, ["Metropolis"]),
        ({"genre": "horror"}, ["Nosferatu"]),
        ({"language": "de"}, ["Metropolis"]),
        ({"releasedAfter": "1925-01-01"}, ["Metropolis"]),
        ({"text": "'; drop table movies; --"}, []),
        ({}, ["Metropolis", "Nosferatu"]),
    ],
)
async def test_films_are_found_by_what_people_remember(
    door: Door, filter_: dict[str, Any], titles: list[str]
) -> None:
    await add(door)
    await add(
        door,
        title="Metropolis",
        directors=["Fritz Lang"],
        cast=[],
        genres=["Drama"],
        language="de",
        releaseDate="1927-01-10",
        translations=[],
    )
    found = (await door.ask(FIND, {"filter": filter_})).only()
    assert [node["title"] for node in found["nodes"]] == titles
    assert found["totalCount"] == len(titles)


async def test_pages_follow_each_other_in_every_order(door: Door) -> None:
    for index in range(5):
        await add(door, title=f"Film {index}", runtimeMinutes=50 + index % 2)
    for sort in ("TITLE", "RELEASE_DATE_ASC", "RELEASE_DATE_DESC", "RUNTIME"):
        seen: list[str] = []
        after = None
        while True:
            page = (await door.ask(FIND, {"sort": sort, "first": 2, "after": after})).only()
            seen += [node["title"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert sorted(seen) == [f"Film {index}" for index in range(5)]


async def test_of_two_who_change_the_same_version_one_is_told_to_read_again(door: Door) -> None:
    movie_id = (await add(door))["movie"]["id"]
    changes = [
        {"movieId": movie_id, "expectedVersion": 1, "title": title} for title in ("One", "Two", "Three")
    ]
    payloads = [
        answer.only()
        for answer in await asyncio.gather(
            *(door.ask(UPDATE, {"input": change}, viewer=MANAGER) for change in changes)
        )
    ]
    assert sorted(len(payload["errors"]) for payload in payloads) == [0, 1, 1]
    for payload in payloads:
        for error in payload["errors"]:
            assert error == {
                "code": "MOVIE_CHANGED",
                "path": ["input", "expectedVersion"],
                "currentVersion": 2,
            }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 10_000}, "title"),
        ({"title": "a\u0000b"}, "title"),
        ({"synopsis": " "}, "synopsis"),
        ({"runtimeMinutes": 0}, "runtimeMinutes"),
        ({"runtimeMinutes": 2_000_000_000}, "runtimeMinutes"),
        ({"genres": []}, "genres"),
        ({"genres": ["Drama", "Drama"]}, "genres"),
        ({"directors": ["x"] * 1000}, "directors"),
        ({"releaseDate": "1600-01-01"}, "releaseDate"),
        ({"language": "klingon-!!"}, "language"),
        ({"posterUrl": "javascript:alert(1)"}, "posterUrl"),
        ({"posterUrl": "http://posters.example/a.png"}, "posterUrl"),
        ({"posterUrl": "//posters.example/a.png"}, "posterUrl"),
        ({"posterUrl": "data:image/svg+xml,<svg/>"}, "posterUrl"),
        ({"posterUrl": 'https://x/"><script>'}, "posterUrl"),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    door: Door, changes: dict[str, Any], field: str
) -> None:
    payload = await add(door, **changes)
    assert payload["movie"] is None
    assert {(error["code"], error["path"][1]) for error in payload["errors"]} == {("INVALID_INPUT", field)}
    assert (await door.ask("{ movies(filter: {status: null}) { totalCount } }")).only() == {"totalCount": 0}


async def test_an_archived_film_leaves_the_programme_and_stays_readable(door: Door) -> None:
    movie_id = (await add(door))["movie"]["id"]
    for _ in range(2):
        payload = (await door.ask(ARCHIVE, {"input": {"movieId": movie_id}}, viewer=MANAGER)).only()
        assert payload == {"movie": {"status": "ARCHIVED", "version": 2}, "errors": []}
    assert (await door.ask("{ movies { totalCount } }")).only() == {"totalCount": 0}
    assert (await door.entities("Movie", [movie_id], "title")).only() == [{"title": "Nosferatu"}]


async def test_only_who_holds_the_scope_changes_films(door: Door) -> None:
    for viewer, code in ((customer("usr_1"), "NOT_ALLOWED"), (staff("tickets:scan"), "NOT_ALLOWED")):
        payload = (await door.ask(CREATE, {"input": NOSFERATU}, viewer=viewer)).only()
        assert [error["code"] for error in payload["errors"]] == [code]
