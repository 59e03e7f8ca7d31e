"""The door: once, in time, by staff of the cinema."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage

ANA = customer("usr_ana")
SCANNER = staff("tickets:scan", role="box_office", cinemas=["cin_1"])
ADMIN = staff("tickets:scan")
UNDO = """mutation ($input: UndoCheckInInput!) { undoCheckIn(input: $input) {
  ticket { status checkedInAt seat { status } } errors { code path } } }"""


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def test_a_ticket_enters_once_and_the_same_scan_gets_the_same_answer(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=timedelta(hours=1))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    code = order["tickets"][0]["qrCode"]
    first = await stage.check_in(SCANNER, code, "nonce-0001")
    assert first["ticket"]["status"] == "CHECKED_IN"
    assert first["ticket"]["seat"] == {"label": "A1", "status": "CHECKED_IN"}
    assert (await stage.check_in(SCANNER, code, "nonce-0001")) == first
    again = await stage.check_in(ADMIN, code, "nonce-0002")
    assert codes(again) == ["ALREADY_CHECKED_IN"]
    assert again["errors"][0]["ticket"] == {"id": order["tickets"][0]["id"]}
    [said] = await stage.said("ticket.checked_in")
    assert said.payload["seat_label"] == "A1"
    assert await stage.broken() == []


@pytest.mark.parametrize(
    ("hours", "expected"), [(2.01, ["WRONG_DAY"]), (2, []), (0, []), (-1.99, []), (-2, ["WRONG_DAY"])]
)
async def test_the_door_opens_two_hours_before_until_the_end(
    stage: Stage, hours: float, expected: list[str]
) -> None:
    showtime_id = await stage.schedule(starts_in=timedelta(hours=5))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    stage.clock.advance(timedelta(hours=5) - timedelta(hours=hours))
    assert codes(await stage.check_in(SCANNER, order["tickets"][0]["qrCode"], "nonce-0001")) == expected


async def test_a_refusal_is_remembered_by_its_nonce(stage: Stage) -> None:
    showtime_id = await stage.schedule(starts_in=timedelta(hours=5))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    code = order["tickets"][0]["qrCode"]
    assert codes(await stage.check_in(SCANNER, code, "nonce-0001")) == ["WRONG_DAY"]
    stage.clock.advance(timedelta(hours=4))
    assert codes(await stage.check_in(SCANNER, code, "nonce-0001")) == ["WRONG_DAY"]
    assert codes(await stage.check_in(SCANNER, code, "nonce-0002")) == []


async def test_forged_and_void_tickets_stay_outside(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=timedelta(hours=2))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    code = order["tickets"][0]["qrCode"]
    other = order["tickets"][1]["qrCode"]
    swapped = ":".join([*code.split(":")[:3], other.split(":")[3]])
    for forged in ("", "hello", "MQ1:" + "0" * 26 + ":1:" + "A" * 24, code[:-1], swapped, "x" * 100_000):
        assert codes(await stage.check_in(SCANNER, forged, "nonce-0001")) == ["UNKNOWN_TICKET"]
    cancelled = {"showtime_id": showtime_id, "reason": "flood"}
    await stage.hear("showtime.cancelled", showtime_id, cancelled)
    assert codes(await stage.check_in(SCANNER, code, "nonce-0001")) == ["TICKET_VOID"]
    await stage.service.cancellations.refund_all()
    assert codes(await stage.check_in(SCANNER, code, "nonce-0002")) == ["TICKET_VOID"]


async def test_staff_scans_at_its_own_cinema(stage: Stage) -> None:
    showtime_id = await stage.schedule(starts_in=timedelta(hours=1))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    code = order["tickets"][0]["qrCode"]
    elsewhere = staff("tickets:scan", role="box_office", cinemas=["cin_2"])
    assert codes(await stage.check_in(elsewhere, code, "nonce-0001")) == ["NOT_ALLOWED"]
    assert codes(await stage.check_in(ANA, code, "nonce-0001")) == ["NOT_ALLOWED"]
    assert codes(await stage.check_in(ADMIN, code, "no")) == ["INVALID_INPUT"]
    assert codes(await stage.check_in(ADMIN, code, "nonce-0001")) == []


async def test_a_check_in_is_taken_back_with_a_reason(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=timedelta(hours=1))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    ticket = order["tickets"][0]

    async def undo(**given: Any) -> dict[str, Any]:
        variables = {"input": {"ticketId": ticket["id"], "reason": "wrong person", **given}}
        payload: dict[str, Any] = (await stage.door.ask(UNDO, variables, SCANNER)).only()
        return payload

    assert codes(await undo()) == ["NOT_CHECKED_IN"]
    await stage.check_in(SCANNER, ticket["qrCode"], "nonce-0001")
    assert codes(await undo(reason="")) == ["INVALID_INPUT"]
    assert codes(await undo(ticketId="tkt_x")) == ["NOT_FOUND"]
    back = await undo()
    assert back["ticket"] == {"status": "VALID", "checkedInAt": None, "seat": {"status": "SOLD"}}
    assert codes(await stage.check_in(SCANNER, ticket["qrCode"], "nonce-0002")) == []
    assert [event.type for event in await stage.said("ticket.check_in_undone")] == ["ticket.check_in_undone"]
    assert await stage.broken() == []
