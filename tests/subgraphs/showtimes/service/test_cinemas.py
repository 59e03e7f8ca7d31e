"""Cinemas and auditoriums: who may open one, and where."""

from __future__ import annotations

from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.ids import new_id
from tests.subgraphs.door import customer, staff
from tests.subgraphs.showtimes.conftest import ADMIN, CREATE_AUDITORIUM, CREATE_CINEMA, House

ROWS = [{"label": "A", "seats": 2}]
MADRID = {
    "name": "Marquee Madrid",
    "city": "Madrid",
    "address": "Gran Vía 1",
    "timeZone": "Europe/Madrid",
    "currency": "EUR",
}


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"timeZone": "Madrid"}, "timeZone"), ({"name": " "}, "name"), ({"address": "x" * 301}, "address")],
)
async def test_a_bad_cinema_names_the_field(house: House, changes: dict[str, Any], field: str) -> None:
    payload = (await house.door.ask(CREATE_CINEMA, {"input": {**MADRID, **changes}}, viewer=ADMIN)).only()
    assert payload == {"cinema": None, "errors": [{"code": "INVALID_INPUT", "path": ["input", field]}]}


async def test_only_the_scope_opens_a_cinema(house: House) -> None:
    for viewer in (customer("usr_1"), staff("auditoriums:write", role="manager")):
        payload = (await house.door.ask(CREATE_CINEMA, {"input": MADRID}, viewer=viewer)).only()
        assert [error["code"] for error in payload["errors"]] == ["NOT_ALLOWED"]


async def test_a_manager_opens_auditoriums_in_their_own_cinema_only(house: House) -> None:
    given = {"input": {"cinemaId": house.cinema_id, "name": "2", "rows": ROWS}}
    elsewhere = staff("auditoriums:write", role="manager", cinemas=["cin_other"])
    payload = (await house.door.ask(CREATE_AUDITORIUM, given, viewer=elsewhere)).only()
    assert [error["code"] for error in payload["errors"]] == ["NOT_ALLOWED"]
    here = staff("auditoriums:write", role="manager", cinemas=[house.cinema_id])
    payload = (await house.door.ask(CREATE_AUDITORIUM, given, viewer=here)).only()
    assert (payload["auditorium"]["seatCount"], payload["errors"]) == (2, [])


async def test_a_cinema_that_does_not_exist_gets_no_auditorium(house: House, clock: FrozenClock) -> None:
    given = {"cinemaId": new_id("cin", clock.now()), "name": "2", "rows": [{"label": "A", "seats": 2}]}
    payload = (await house.door.ask(CREATE_AUDITORIUM, {"input": given}, viewer=ADMIN)).only()
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]
