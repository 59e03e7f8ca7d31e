"""Holding seats: all or none, the rules with a way out, time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marquee_subgraphs.kit.audit import AuditLog
from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage

ANA, BEN = customer("usr_ana"), customer("usr_ben")
MANAGER = staff("seats:block", role="manager", cinemas=["cin_1"])
EXTEND = """mutation ($input: ExtendHoldInput!) { extendHold(input: $input) {
  hold { expiresAt extendableUntil seats { label status } } errors { code path } } }"""
RELEASE = """mutation ($input: ReleaseHoldInput!) { releaseHold(input: $input) {
  hold { seats { label } } errors { code ... on CompanionOnly { wheelchairSeats { label } } } } }"""
BLOCK = """mutation ($input: BlockSeatsInput!) { blockSeats(input: $input) {
  seats { label status } errors { code ... on SeatsUnavailable { seats { label status } } } } }"""


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def test_a_hold_shows_its_seats_as_ones_own_with_their_prices(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(kinds={"A2": "PREMIUM"})
    hold = (await stage.hold(showtime_id, "A2", "A1"))["hold"]
    assert hold["seats"] == [
        {
            "id": f"{showtime_id}:{label}",
            "label": label,
            "status": "HELD",
            "mine": True,
            "price": {"amount": amount, "currency": "PEN"},
        }
        for label, amount in (("A1", "24.00"), ("A2", "32.40"))
    ]
    assert hold["expiresAt"] == "2026-01-15T18:10:00Z"
    assert hold["extendableUntil"] == "2026-01-15T18:30:00Z"


async def test_all_or_none_and_what_could_be_had_instead(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    await stage.hold(showtime_id, "A4", "A5")

    payload = await stage.hold(showtime_id, "A5", "A6", "A7", viewer=ANA)

    [error] = payload["errors"]
    assert payload["hold"] is None
    assert error["__typename"] == "SeatsUnavailable"
    assert error["path"] == ["input", "seatIds"]
    assert [(seat["label"], seat["status"]) for seat in error["seats"]] == [("A5", "HELD")]
    alternatives = [seat["id"] for seat in error["alternatives"]]
    assert len(alternatives) == 3
    assert (await stage.seat_map(showtime_id))["A6"] == "AVAILABLE"
    again = await stage.hold(showtime_id, *[seat.partition(":")[2] for seat in alternatives], viewer=ANA)
    assert again["errors"] == []


async def test_fifty_who_were_too_late_for_the_same_seats_do_not_meet_again_at_the_next(stage: Stage) -> None:
    showtime_id = await stage.schedule(rows={row: range(1, 21) for row in "ABCDEFGHIJ"})
    await stage.hold(showtime_id, "F10", "F11")

    offered = set()
    for number in range(50):
        viewer = customer(f"usr_{number}")
        [error] = (await stage.hold(showtime_id, "F10", "F11", viewer=viewer))["errors"]
        offered.add(tuple(seat["id"].partition(":")[2] for seat in error["alternatives"]))

    assert len(offered) >= 20
    for left, right in offered:
        assert left[0] == right[0]
        assert int(right[1:]) - int(left[1:]) == 1
    for labels in offered:
        assert (await stage.hold(showtime_id, *labels))["errors"] == []


async def test_seats_are_added_to_ones_own_hold_and_its_time_stays(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    first = (await stage.hold(showtime_id, "A1", "A2", viewer=ANA))["hold"]
    stage.clock.advance(timedelta(minutes=4))

    more = (await stage.hold(showtime_id, "A2", "A3", "A4", viewer=ANA, holdToken=first["token"]))["hold"]

    assert more["id"] == first["id"]
    assert more["expiresAt"] == first["expiresAt"]
    assert [seat["label"] for seat in more["seats"]] == ["A1", "A2", "A3", "A4"]
    assert codes(await stage.hold(showtime_id, "A5", viewer=BEN, holdToken=first["token"])) == [
        "HOLD_EXPIRED"
    ]


async def test_no_more_than_ten_seats_at_once_or_together(stage: Stage) -> None:
    showtime_id = await stage.schedule(rows={"A": range(1, 13), "B": range(1, 13)})
    eleven = await stage.hold(showtime_id, *[f"A{n}" for n in range(1, 12)], viewer=ANA)
    assert (codes(eleven), eleven["errors"][0]["limit"]) == (["TOO_MANY_SEATS"], 10)
    await stage.buy(showtime_id, *[f"A{n}" for n in range(1, 9)], viewer=ANA)
    assert codes(await stage.hold(showtime_id, "B1", "B2", "B3", viewer=ANA)) == ["TOO_MANY_SEATS"]
    assert codes(await stage.hold(showtime_id, "B1", "B2", viewer=ANA)) == []
    assert codes(await stage.hold(showtime_id, "B3", "B4", "B5", viewer=BEN)) == []


async def test_no_single_seat_is_left_alone_unless_it_is_the_last_resort(stage: Stage) -> None:
    showtime_id = await stage.schedule(rows={"A": range(1, 5)})
    payload = await stage.hold(showtime_id, "A2", "A3")
    [error] = payload["errors"]
    assert error["__typename"] == "LonelySeat"
    assert [seat["label"] for seat in error["seats"]] == ["A1", "A4"]
    assert len(error["alternatives"]) == 2
    tight = await stage.schedule(rows={"A": range(1, 4)})
    assert codes(await stage.hold(tight, "A1", "A2")) == []


async def test_a_companion_comes_with_the_wheelchair(stage: Stage) -> None:
    bays = {"A1": "WHEELCHAIR", "A2": "COMPANION"}
    showtime_id = await stage.schedule(kinds=bays, companions={"A2": "A1"})
    payload = await stage.hold(showtime_id, "A2", viewer=ANA)
    assert [seat["label"] for seat in payload["errors"][0]["wheelchairSeats"]] == ["A1"]
    held = await stage.hold(showtime_id, "A1", "A2", viewer=ANA)
    token = held["hold"]["token"]
    only = {"input": {"holdToken": token, "seatIds": [f"{showtime_id}:A1"]}}
    left = (await stage.door.ask(RELEASE, only, ANA)).only()
    assert codes(left) == ["COMPANION_ONLY"]


async def test_a_hold_is_extended_to_thirty_minutes_and_no_further(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    token = (await stage.hold(showtime_id, "A1", "A2"))["hold"]["token"]
    ends = []
    for _ in range(5):
        stage.clock.advance(timedelta(minutes=6))
        payload = (await stage.door.ask(EXTEND, {"input": {"holdToken": token}})).only()
        ends.append(payload["hold"]["expiresAt"][11:16] if payload["hold"] else codes(payload))
    assert ends == ["18:16", "18:22", "18:28", "18:30", ["HOLD_EXPIRED"]]
    assert (await stage.seat_map(showtime_id))["A1"] == "AVAILABLE"


async def test_seats_are_given_back_some_or_all(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    token = (await stage.hold(showtime_id, "A1", "A2", "A3", "A4"))["hold"]["token"]
    some = {"input": {"holdToken": token, "seatIds": [f"{showtime_id}:A3", f"{showtime_id}:A4"]}}
    left = (await stage.door.ask(RELEASE, some)).only()
    assert [seat["label"] for seat in left["hold"]["seats"]] == ["A1", "A2"]
    none = (await stage.door.ask(RELEASE, {"input": {"holdToken": token}})).only()
    assert none == {"hold": None, "errors": []}
    assert set((await stage.seat_map(showtime_id)).values()) == {"AVAILABLE"}
    assert codes((await stage.door.ask(RELEASE, {"input": {"holdToken": token}})).only()) == ["HOLD_EXPIRED"]
    assert await stage.broken() == []


async def test_sales_close_by_the_clock_and_with_a_cancellation(stage: Stage) -> None:
    showtime_id = await stage.schedule(starts_in=timedelta(minutes=1))
    assert codes(await stage.hold(showtime_id, "A1", "A2")) == []
    stage.clock.advance(timedelta(minutes=16))
    assert codes(await stage.hold(showtime_id, "A3", "A4")) == ["SALES_CLOSED"]
    cancelled = await stage.schedule()
    await stage.hear("showtime.cancelled", cancelled, {"showtime_id": cancelled, "reason": "flood"})
    assert codes(await stage.hold(cancelled, "A1", "A2")) == ["SALES_CLOSED"]


async def test_a_rescheduled_showtime_sells_by_its_new_time(stage: Stage) -> None:
    showtime_id = await stage.schedule(starts_in=timedelta(minutes=-20))
    assert codes(await stage.hold(showtime_id, "A1", "A2")) == ["SALES_CLOSED"]
    later = stage.clock.now() + timedelta(days=1)
    moments = dict.fromkeys(("starts_at", "ends_at", "sales_close_at"), later.isoformat())
    await stage.hear("showtime.rescheduled", showtime_id, {"showtime_id": showtime_id, **moments})
    assert codes(await stage.hold(showtime_id, "A1", "A2")) == []


async def test_the_same_key_gets_the_same_hold_and_another_input_is_refused(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    first = await stage.hold(showtime_id, "A1", "A2", idempotencyKey="key-00001")
    again = await stage.hold(showtime_id, "A2", "A1", idempotencyKey="key-00001")
    assert again == first
    other = await stage.hold(showtime_id, "A3", "A4", idempotencyKey="key-00001")
    assert codes(other) == ["IDEMPOTENCY_CONFLICT"]
    assert len(await stage.said("seats.held")) == 1


async def test_a_stranger_cannot_use_a_customers_hold(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    token = (await stage.hold(showtime_id, "A1", "A2", viewer=ANA))["hold"]["token"]
    assert codes(await stage.place(token, viewer=BEN)) == ["HOLD_EXPIRED"]
    assert codes(await stage.place(token)) == ["HOLD_EXPIRED"]
    assert codes(await stage.place(token, viewer=ANA)) == []


async def test_the_sweeper_frees_what_expired_and_says_so(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    await stage.hold(showtime_id, "A1", "A2")
    order = await stage.order(showtime_id, "A3", "A4", viewer=ANA)
    stage.clock.advance(timedelta(minutes=10))

    await stage.service.expiry.sweep()
    await stage.service.expiry.sweep()

    released = [event.payload["seat_labels"] for event in await stage.said("seats.released")]
    assert sorted(released) == [["A1", "A2"], ["A3", "A4"]]
    [expired] = await stage.said("order.expired")
    assert expired.payload["order_id"] == order["id"]
    assert await stage.broken() == []


async def test_staff_blocks_unsold_seats_of_its_cinema_with_a_reason(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(blocked=["B1"])
    await stage.hold(showtime_id, "A1", "A2")

    async def block(
        *labels: str, blocked: bool = True, reason: str = "broken", **more: Any
    ) -> dict[str, Any]:
        given = {"showtimeId": showtime_id, "seatIds": [f"{showtime_id}:{label}" for label in labels]}
        variables = {"input": {**given, "blocked": blocked, "reason": reason}}
        payload: dict[str, Any] = (await stage.door.ask(BLOCK, variables, more.get("viewer", MANAGER))).only()
        return payload

    assert (await stage.seat_map(showtime_id))["B1"] == "BLOCKED"
    refused = await block("A2", "A3")
    assert codes(refused) == ["SEATS_UNAVAILABLE"]
    assert refused["errors"][0]["seats"] == [{"label": "A2", "status": "HELD"}]
    assert (await block("A3", "A4"))["seats"] == [
        {"label": "A3", "status": "BLOCKED"},
        {"label": "A4", "status": "BLOCKED"},
    ]
    assert codes(await stage.hold(showtime_id, "A3", "A4")) == ["SEATS_UNAVAILABLE"]
    assert codes(await block("A3", reason=" ")) == ["INVALID_INPUT"]
    elsewhere = staff("seats:block", role="manager", cinemas=["cin_2"])
    assert codes(await block("A5", viewer=elsewhere)) == ["NOT_ALLOWED"]
    assert codes(await block("A5", viewer=ANA)) == ["NOT_ALLOWED"]
    await block("A3", "B1", blocked=False, reason="repaired")
    assert (await stage.seat_map(showtime_id))["A3"] == "AVAILABLE"
    async with stage.database.read() as connection:
        entries = await AuditLog(stage.clock).entries(connection, target=showtime_id)
    assert [(entry.action, entry.reason) for entry in entries] == [
        ("blockSeats", "broken"),
        ("blockSeats", "repaired"),
    ]
    assert await stage.broken() == []


async def test_bad_seats_are_refused_and_change_nothing(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    for seats, code in (
        ([], "INVALID_INPUT"),
        (["A1", "A1"], "INVALID_INPUT"),
        (["Z99"], "INVALID_INPUT"),
        (["A1'; DROP TABLE seats; --"], "INVALID_INPUT"),
        (["\u0000"], "INVALID_INPUT"),
        (["A" * 5000], "INVALID_INPUT"),
        ([f"A{n}" for n in range(500)], "TOO_MANY_SEATS"),
    ):
        payload = await stage.hold(showtime_id, *seats)
        assert (payload["hold"], codes(payload)) == (None, [code])
    assert await stage.said("seats.held") == []


async def test_unknown_things_are_refused(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    assert codes(await stage.hold("sht_unknown", "A1")) == ["NOT_FOUND"]
    assert codes(await stage.hold(showtime_id, "A1", holdToken="hold_1.forged")) == ["HOLD_EXPIRED"]
    assert codes(await stage.hold(showtime_id, "A1", idempotencyKey="x")) == ["INVALID_INPUT"]
    for mutation in (EXTEND, RELEASE):
        payload = (await stage.door.ask(mutation, {"input": {"holdToken": "é\u0000" * 100}})).only()
        assert codes(payload) == ["HOLD_EXPIRED"]
