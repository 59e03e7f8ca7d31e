"""Reading programmes: pages, days in local time, entities in a constant number of statements."""

from __future__ import annotations

from typing import Any

from tests.subgraphs.showtimes.conftest import House

NIGHTS = ["2026-01-16T20:00:00-05:00", "2026-01-16T23:00:00-05:00", "2026-01-17T20:00:00-05:00"]


async def test_a_day_is_a_day_in_the_cinemas_time_zone(house: House) -> None:
    for night in NIGHTS:
        await house.schedule(night)  # 23:00 in Lima is the next day in UTC
    query = "query ($filter: ShowtimeFilter) { showtimes(filter: $filter) { totalCount nodes { startsAt } } }"
    asked = await house.door.ask(query, {"filter": {"date": "2026-01-16", "cinemaId": house.cinema_id}})
    assert [node["startsAt"] for node in asked.only()["nodes"]] == NIGHTS[:2]
    asked = await house.door.ask(query, {"filter": {"date": "9999-12-31"}})
    assert [error["extensions"]["code"] for error in asked.errors] == ["INVALID_INPUT"]


async def test_pages_follow_each_other_without_gap_or_double(house: House) -> None:
    for night in NIGHTS:
        await house.schedule(night)
    seen: list[str] = []
    after = None
    query = """query ($after: String) {
      showtimes(first: 1, after: $after) { nodes { startsAt } pageInfo { hasNextPage endCursor } } }"""
    while True:
        page = (await house.door.ask(query, {"after": after})).only()
        seen += [node["startsAt"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == NIGHTS


async def test_a_hundred_seats_of_a_showtime_cost_one_statement(house: House, any_runtime: Any) -> None:
    showtime = (await house.schedule(NIGHTS[0]))["showtime"]["id"]
    labels = [f"A{number}" for number in range(1, 7)] + [f"B{number}" for number in range(1, 9)]
    database = house.door.subgraph.database
    assert database is not None
    with database.count_statements() as counted:
        answer = await house.door.entities(
            "Seat", [f"{showtime}:{label}" for label in labels], "label row number x y"
        )
    assert [seat["label"] for seat in answer.only()] == labels
    assert counted.count == 1


async def test_unknown_and_malformed_seats_are_null(house: House) -> None:
    showtime = (await house.schedule(NIGHTS[0]))["showtime"]["id"]
    answer = await house.door.entities("Seat", [f"{showtime}:Z9", "nonsense", ":", f"{showtime}:A1"], "label")
    assert answer.only() == [None, None, None, {"label": "A1"}]


async def test_the_showtimes_of_many_films_cost_as_many_statements_as_those_of_one(house: House) -> None:
    for night in NIGHTS:
        await house.schedule(night)
    database = house.door.subgraph.database
    assert database is not None
    selection = "id showtimes(first: 2) { nodes { id startsAt auditorium { name cinema { name } } } }"
    counts = []
    for movies in ([house.movie_id], [house.movie_id, *(f"mov_{index}" for index in range(30))]):
        with database.count_statements() as counted:
            answer = await house.door.entities("Movie", movies, selection)
        assert len(answer.only()[0]["showtimes"]["nodes"]) == 2
        counts.append(counted.count)
    assert counts[0] == counts[1] <= 4
