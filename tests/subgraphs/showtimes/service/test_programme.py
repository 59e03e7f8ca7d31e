"""Putting films on: times, overlaps, who may."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.runtime import Runtime
from tests.subgraphs.door import customer, staff
from tests.subgraphs.incoming_events import emit
from tests.subgraphs.showtimes.conftest import ADMIN, House, movie_event

START = "2026-01-16T20:00:00-05:00"


async def test_a_showtime_ends_with_the_film_and_is_told_in_the_cinemas_own_time(house: House) -> None:
    payload = await house.schedule("2026-01-17T01:00:00Z")
    assert payload["errors"] == []
    showtime = payload["showtime"]
    assert showtime["startsAt"] == "2026-01-16T20:00:00-05:00"
    assert showtime["endsAt"] == "2026-01-16T21:45:00-05:00", "15 minutes of trailers, 90 of film"
    assert showtime["basePrice"] == {"amount": "24.00", "currency": "PEN"}
    assert (showtime["status"], showtime["cinema"]) == ("SCHEDULED", {"id": house.cinema_id})


@pytest.mark.parametrize(
    ("starts_at", "free"),
    [
        ("2026-01-16T18:10:00-05:00", False),  # its end and the cleaning reach into 20:00
        ("2026-01-16T17:55:00-05:00", True),
        ("2026-01-16T22:00:00-05:00", False),  # 15 minutes after the end: not clean yet
        ("2026-01-16T22:05:00-05:00", True),
    ],
)
async def test_an_auditorium_is_taken_until_it_is_clean(house: House, starts_at: str, free: bool) -> None:
    first = (await house.schedule(START))["showtime"]
    payload = await house.schedule(starts_at)
    if free:
        assert payload["errors"] == []
    else:
        [error] = payload["errors"]
        assert (error["code"], error["conflictsWith"]) == ("SHOWTIME_OVERLAP", [{"id": first["id"]}])


async def test_of_managers_who_want_the_same_hour_one_gets_it(house: House) -> None:
    payloads = await asyncio.gather(*(house.schedule(START) for _ in range(12)))
    assert sorted(bool(payload["errors"]) for payload in payloads) == [False] + [True] * 11
    assert {e["code"] for payload in payloads for e in payload["errors"]} == {"SHOWTIME_OVERLAP"}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"movieId": "mov_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}, "NOT_FOUND", "movieId"),
        ({"movieId": "'; drop table showtimes"}, "INVALID_INPUT", "movieId"),
        ({"auditoriumId": "aud_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}, "NOT_FOUND", "auditoriumId"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "INVALID_INPUT", "startsAt"),
        ({"starts_at": "2036-01-01T00:00:00Z"}, "INVALID_INPUT", "startsAt"),
        ({"basePrice": {"amount": "0", "currency": "PEN"}}, "INVALID_INPUT", "basePrice"),
        ({"basePrice": {"amount": "-5", "currency": "PEN"}}, "INVALID_INPUT", "basePrice"),
        ({"basePrice": {"amount": "1.001", "currency": "PEN"}}, "INVALID_INPUT", "basePrice"),
        ({"basePrice": {"amount": "24.00", "currency": "EUR"}}, "INVALID_INPUT", "basePrice"),
        ({"language": "x" * 5000}, "INVALID_INPUT", "language"),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    house: House, changes: dict[str, Any], code: str, field: str
) -> None:
    payload = await house.schedule(**{"starts_at": START, **changes})
    assert payload["showtime"] is None
    assert {(error["code"], error["path"][1]) for error in payload["errors"]} == {(code, field)}
    listed = await house.door.ask("{ showtimes { totalCount } }")
    assert listed.only() == {"totalCount": 0}


async def test_a_manager_schedules_in_their_own_cinema_only(house: House) -> None:
    here = staff("showtimes:write", role="manager", cinemas=[house.cinema_id])
    elsewhere = staff("showtimes:write", role="manager", cinemas=["cin_other"])
    for viewer, code in ((elsewhere, "NOT_ALLOWED"), (customer("usr_1"), "NOT_ALLOWED")):
        assert [error["code"] for error in (await house.schedule(START, viewer))["errors"]] == [code]
    assert (await house.schedule(START, here))["errors"] == []


async def test_a_film_is_known_as_its_latest_event_tells(house: House, any_runtime: Runtime) -> None:
    latest = movie_event(any_runtime, house.movie_id, version=3, minutes=10)
    late = movie_event(any_runtime, house.movie_id, version=2, minutes=200)
    await emit(any_runtime, latest)
    await emit(any_runtime, late)
    showtime = (await house.schedule(START))["showtime"]
    assert showtime["endsAt"] == "2026-01-16T20:25:00-05:00"


async def test_an_archived_film_is_not_scheduled(house: House, any_runtime: Runtime) -> None:
    await emit(any_runtime, movie_event(any_runtime, house.movie_id, version=2, status="ARCHIVED"))
    assert [error["code"] for error in (await house.schedule(START))["errors"]] == ["NOT_FOUND"]


async def test_moving_a_showtime_checks_the_room_again(house: House) -> None:
    moved = """mutation ($input: RescheduleShowtimeInput!) {
      rescheduleShowtime(input: $input) { showtime { startsAt } errors { code } } }"""
    first = (await house.schedule(START))["showtime"]["id"]
    await house.schedule("2026-01-16T23:00:00-05:00")
    into = {"input": {"showtimeId": first, "startsAt": "2026-01-16T22:30:00-05:00"}}
    assert (await house.door.ask(moved, into, viewer=ADMIN)).only()["errors"] == [
        {"code": "SHOWTIME_OVERLAP"}
    ]
    beside = {"input": {"showtimeId": first, "startsAt": "2026-01-16T20:30:00-05:00"}}
    payload = (await house.door.ask(moved, beside, viewer=ADMIN)).only()
    assert payload == {"showtime": {"startsAt": "2026-01-16T20:30:00-05:00"}, "errors": []}


async def test_cancelling_twice_is_cancelling_once_and_what_began_is_not_cancelled(
    house: House, clock: FrozenClock
) -> None:
    cancel = """mutation ($input: CancelShowtimeInput!) {
      cancelShowtime(input: $input) { showtime { status } errors { code } } }"""
    first = (await house.schedule(START))["showtime"]["id"]
    second = (await house.schedule("2026-01-16T23:00:00-05:00"))["showtime"]["id"]
    for _ in range(2):
        given = {"input": {"showtimeId": first, "reason": "projector"}}
        payload = (await house.door.ask(cancel, given, viewer=ADMIN)).only()
        assert payload == {"showtime": {"status": "CANCELLED"}, "errors": []}
    clock.advance(timedelta(days=3))
    given = {"input": {"showtimeId": second, "reason": "too late"}}
    payload = (await house.door.ask(cancel, given, viewer=ADMIN)).only()
    assert payload == {"showtime": None, "errors": [{"code": "SHOWTIME_NOT_CHANGEABLE"}]}


async def test_of_managers_who_cancel_at_once_one_does(house: House) -> None:
    showtime_id = (await house.schedule(START))["showtime"]["id"]
    cancel = """mutation ($input: CancelShowtimeInput!) {
      cancelShowtime(input: $input) { showtime { status } errors { code } } }"""
    given = {"input": {"showtimeId": showtime_id, "reason": "projector"}}
    answers = await asyncio.gather(*(house.door.ask(cancel, given, viewer=ADMIN) for _ in range(8)))
    assert [answer.only()["errors"] for answer in answers] == [[]] * 8
    database = house.door.subgraph.database
    assert database is not None
    async with database.read() as connection:
        assert len(await AuditLog().entries(connection, target=showtime_id)) == 1
