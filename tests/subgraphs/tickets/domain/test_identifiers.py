"""Identifiers that no store should be asked for get a typed answer on both stores, never a fault."""

from __future__ import annotations

from typing import Any

import pytest

from marquee_subgraphs.tickets.domain.identifiers import make_seat_id, read_seat_id
from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage

ANA = customer("usr_ana")
ADMIN = staff("tickets:read", "tickets:scan")
UNDO = "mutation ($input: UndoCheckInInput!) { undoCheckIn(input: $input) { errors { code } } }"


@pytest.mark.parametrize("bad", ["\u0000", "x" * 100_000, "'; DROP TABLE seats; --", "\u202e\n"])
async def test_hostile_identifiers_find_nothing(any_stage: Stage, bad: str) -> None:
    stage, door = any_stage, any_stage.door
    keyed = """query ($id: ID!, $code: String!) {
      order(id: $id) { id } ticket(id: $id) { id } validateVoucher(code: $code) { code } }"""
    found = await door.ask(keyed, {"id": bad, "code": bad}, ANA)
    assert (found.data, found.errors) == ({"order": None, "ticket": None, "validateVoucher": None}, [])
    filtered = "query ($id: ID!) { tickets(filter: {showtimeId: $id}) { totalCount } }"
    assert (await door.ask(filtered, {"id": bad}, ADMIN)).codes in ([], ["INVALID_INPUT"])
    undone: dict[str, Any] = (await door.ask(UNDO, {"input": {"ticketId": bad, "reason": "x"}}, ADMIN)).only()
    assert undone["errors"][0]["code"] in ("INVALID_INPUT", "NOT_FOUND")
    cancelled = await stage.cancel({"id": bad}, viewer=ANA)
    assert cancelled["errors"][0]["code"] in ("INVALID_INPUT", "NOT_FOUND")
    held = await stage.hold(bad, "A1")
    assert held["errors"][0]["code"] in ("INVALID_INPUT", "NOT_FOUND")


async def test_a_guests_hold_counts_for_the_customer_who_signs_in_to_order(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(rows={"A": range(1, 13), "B": range(1, 13)})
    tokens = [
        (await stage.hold(showtime_id, *[f"{row}{n}" for n in range(1, 7)]))["hold"]["token"] for row in "AB"
    ]
    first = await stage.place(tokens[0], viewer=ANA)
    assert {seat["mine"] for seat in first["order"]["seats"]} == {True}
    second = await stage.place(tokens[1], viewer=ANA)
    assert [error["code"] for error in second["errors"]] == ["TOO_MANY_SEATS"]
    assert await stage.broken() == []


def test_a_seat_id_is_read_back() -> None:
    assert read_seat_id(make_seat_id("sht_1", "A1")) == ("sht_1", "A1")
    for bad in ("", ":", "sht_1", "sht_1:", ":A1", "sht_1:" + "A" * 200, "sht_1:\x00"):
        assert read_seat_id(bad) is None
