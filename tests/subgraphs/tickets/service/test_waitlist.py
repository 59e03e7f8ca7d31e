"""Waiting for seats of a sold-out showtime: the first come is offered what becomes free, once, for a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from marquee_subgraphs.kit.identity import ANONYMOUS, Viewer
from marquee_subgraphs.tickets.domain.waitlist import OFFER_TTL
from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage

ANA, BEN, CAT, DAN = (customer(f"usr_{name}") for name in ("ana", "ben", "cat", "dan"))
STAFF = staff("tickets:read", role="box_office", cinemas=["cin_1"])
BLOCKER = staff("seats:block", role="box_office", cinemas=["cin_1"])
ENTRY = "id seats status ahead accessToken offer { token expiresAt seats { label status mine } }"
JOIN = (
    f"mutation ($input: JoinWaitlistInput!) {{ joinWaitlist(input: $input) {{ entry {{ {ENTRY} }}"
    " errors { code path } } }"
)
LEAVE = """mutation ($input: LeaveWaitlistInput!) {
  leaveWaitlist(input: $input) { success errors { code path } } }"""
LIST = """query ($id: ID!) { waitlist(showtimeId: $id) {
  totalCount nodes { status seats ahead user { id } accessToken offer { token } } } }"""
FOUR = {"A": range(1, 5)}


async def join(
    stage: Stage, showtime_id: str, viewer: Viewer = ANONYMOUS, seats: int = 2, **more: Any
) -> dict[str, Any]:
    given = {"showtimeId": showtime_id, "seats": seats, **more}
    payload: dict[str, Any] = (await stage.door.ask(JOIN, {"input": given}, viewer)).only()
    return payload


async def leave(stage: Stage, entry_id: str, viewer: Viewer = ANONYMOUS, **more: Any) -> dict[str, Any]:
    given = {"entryId": entry_id, **more}
    payload: dict[str, Any] = (await stage.door.ask(LEAVE, {"input": given}, viewer)).only()
    return payload


async def mine(stage: Stage, viewer: Viewer) -> list[dict[str, Any]]:
    answer = await stage.door.entities("User", [viewer.user_id or ""], f"waitlist {{ {ENTRY} }}", viewer)
    entries: list[dict[str, Any]] = answer.only()[0]["waitlist"]
    return entries


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def sold_out(stage: Stage, **more: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A showtime of four seats, two sold to each of two guests."""
    showtime_id = await stage.schedule(rows=FOUR, **more)
    first = await stage.buy(showtime_id, "A1", "A2", payment_id=f"pay_a_{showtime_id}")
    second = await stage.buy(showtime_id, "A3", "A4", payment_id=f"pay_b_{showtime_id}")
    return showtime_id, first, second


async def give_back(stage: Stage, order: dict[str, Any], *, after: timedelta = timedelta()) -> None:
    """Have an order refunded, as payments reports it some time later."""
    refunds = staff("refunds:write", role="manager", cinemas=["cin_1"])
    assert (await stage.cancel(order, viewer=refunds, reason="asked for"))["errors"] == []
    said = await stage.said("refund.approved")
    [approved] = [event for event in said if event.payload["order_id"] == order["id"]]
    stage.clock.advance(after)
    await stage.hear(
        "refund.completed",
        order["id"],
        {
            "refund_id": approved.payload["refund_id"],
            "order_id": order["id"],
            "refunded_total": approved.payload["amount"],
            "ticket_ids": approved.payload["ticket_ids"],
        },
    )


async def test_who_waits_longest_is_offered_what_a_refund_frees(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id, order, _ = await sold_out(stage)
    first = await join(stage, showtime_id, ANA)
    assert (first["entry"]["status"], first["entry"]["ahead"]) == ("WAITING", 0)
    assert (await join(stage, showtime_id, BEN))["entry"]["ahead"] == 1

    await give_back(stage, order)

    [entry] = await mine(stage, ANA)
    assert entry["status"] == "OFFERED"
    assert [seat["label"] for seat in entry["offer"]["seats"]] == ["A1", "A2"]
    assert {seat["mine"] for seat in entry["offer"]["seats"]} == {True}
    [waiting] = await mine(stage, BEN)
    assert (waiting["status"], waiting["ahead"], waiting["offer"]) == ("WAITING", 0, None)
    [offered] = await stage.said("waitlist.offered")
    assert offered.payload["user_id"] == "usr_ana"
    assert offered.payload["hold_token"] == entry["offer"]["token"]
    assert offered.payload["movie_id"] == "mov_1"
    assert codes(await stage.hold(showtime_id, "A1", "A2", viewer=CAT)) == ["SEATS_UNAVAILABLE"]
    placed = await stage.place(entry["offer"]["token"], viewer=ANA)
    await stage.authorize(placed["order"], "pay_c")
    assert [each["status"] for each in await mine(stage, ANA)] == ["ACCEPTED"]
    assert await stage.broken() == []


async def test_an_offer_that_lapses_passes_on_and_ends_with_nobody(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id, order, _ = await sold_out(stage)
    await join(stage, showtime_id, ANA)
    guest = await join(stage, showtime_id, email="Guest@Example.test", locale="EN")
    assert guest["entry"]["accessToken"]
    await give_back(stage, order)
    for expected in (("usr_ana", None), (None, "guest@example.test")):
        [*_, offered] = await stage.said("waitlist.offered")
        assert (offered.payload["user_id"], offered.payload["email"]) == expected
        stage.clock.advance(OFFER_TTL)
        # Replicas sweep at once.
        await asyncio.gather(*[stage.service.expiry.sweep() for _ in range(3)])
    assert len(await stage.said("waitlist.offered")) == 2
    assert [entry["status"] for entry in await mine(stage, ANA)] == ["LAPSED"]
    assert (await stage.hold(showtime_id, "A1", "A2", viewer=CAT))["errors"] == []
    again = await join(stage, showtime_id, ANA)
    assert (again["entry"]["status"], len(await mine(stage, ANA))) == ("WAITING", 1)
    assert await stage.broken() == []


async def test_a_party_too_large_keeps_its_place_and_is_passed_over(stage: Stage) -> None:
    showtime_id, first, second = await sold_out(stage)
    await join(stage, showtime_id, ANA, seats=4)
    await join(stage, showtime_id, BEN, seats=1)
    await give_back(stage, first)
    assert [entry["status"] for entry in await mine(stage, ANA)] == ["WAITING"]
    [ben] = await mine(stage, BEN)
    assert ben["status"] == "OFFERED"
    await give_back(stage, second)
    assert [entry["status"] for entry in await mine(stage, ANA)] == ["WAITING"]
    assert (await leave(stage, ben["id"], BEN)) == {"success": True, "errors": []}
    assert [entry["status"] for entry in await mine(stage, ANA)] == ["OFFERED"]
    assert await mine(stage, BEN) == []
    assert await stage.broken() == []


async def test_one_entry_each_and_only_when_it_is_needed(stage: Stage) -> None:
    showtime_id, _, _ = await sold_out(stage)
    entry = (await join(stage, showtime_id, ANA, seats=1))["entry"]
    changed = (await join(stage, showtime_id, ANA, seats=3))["entry"]
    assert (changed["id"], changed["seats"]) == (entry["id"], 3)
    guest = (await join(stage, showtime_id, email="g@example.test"))["entry"]
    other = (await join(stage, showtime_id, email="g@example.test"))["entry"]
    assert (other["id"], other["accessToken"]) == (guest["id"], None), "an email proves nothing"
    assert codes(await join(stage, showtime_id)) == ["INVALID_INPUT"]
    assert codes(await join(stage, showtime_id, BEN, seats=11)) == ["INVALID_INPUT"]
    assert codes(await join(stage, "sht_x", BEN)) == ["NOT_FOUND"]
    roomy = await stage.schedule()
    assert codes(await join(stage, roomy, ANA)) == ["SEATS_AVAILABLE"]
    stage.clock.advance(timedelta(days=3))
    assert codes(await join(stage, showtime_id, BEN)) == ["SALES_CLOSED"]


async def test_only_who_waits_leaves(stage: Stage) -> None:
    showtime_id, order, _ = await sold_out(stage)
    entry = (await join(stage, showtime_id, ANA))["entry"]
    guest = (await join(stage, showtime_id, email="g@example.test"))["entry"]
    assert codes(await leave(stage, entry["id"], BEN)) == ["NOT_FOUND"]
    assert codes(await leave(stage, guest["id"])) == ["NOT_FOUND"]
    assert codes(await leave(stage, guest["id"], accessToken=f"{guest['id']}.seal")) == ["NOT_FOUND"]
    assert (await leave(stage, guest["id"], accessToken=guest["accessToken"]))["success"]
    await give_back(stage, order)
    [offered] = await mine(stage, ANA)
    placed = await stage.place(offered["offer"]["token"], viewer=ANA)
    assert codes(await leave(stage, entry["id"], ANA)) == ["HOLD_ORDERED"]
    await stage.cancel(placed["order"], viewer=ANA)
    assert (await leave(stage, entry["id"], ANA))["success"]
    assert await stage.broken() == []


async def test_staff_sees_who_waits_at_its_cinema(stage: Stage) -> None:
    showtime_id, order, _ = await sold_out(stage)
    await join(stage, showtime_id, ANA)
    await join(stage, showtime_id, email="g@example.test")
    await give_back(stage, order)
    listed = (await stage.door.ask(LIST, {"id": showtime_id}, STAFF)).only()
    assert listed["totalCount"] == 2
    assert [(node["status"], node["user"]) for node in listed["nodes"]] == [
        ("OFFERED", {"id": "usr_ana"}),
        ("WAITING", None),
    ]
    assert {node["offer"] for node in listed["nodes"]} == {None}, "the token is the customer's"
    elsewhere = staff("tickets:read", role="box_office", cinemas=["cin_2"])
    for viewer in (elsewhere, ANA):
        assert (await stage.door.ask(LIST, {"id": showtime_id}, viewer)).codes == ["NOT_ALLOWED"]
    answer = await stage.door.entities("User", ["usr_ana"], "waitlist { id }", STAFF)
    assert answer.codes == ["NOT_ALLOWED"]


async def test_unblocked_seats_and_a_moved_ticket_are_offered_too(stage: Stage) -> None:
    showtime_id = await stage.schedule(rows=FOUR, blocked=["A3", "A4"])
    await stage.buy(showtime_id, "A1", "A2")
    await join(stage, showtime_id, ANA)
    block = "mutation ($input: BlockSeatsInput!) { blockSeats(input: $input) { seats { status } } }"
    given = {
        "showtimeId": showtime_id,
        "seatIds": [f"{showtime_id}:A3", f"{showtime_id}:A4"],
        "blocked": False,
        "reason": "repaired",
    }
    answer = (await stage.door.ask(block, {"input": given}, BLOCKER)).only()
    assert answer["seats"] == [{"status": "HELD"}] * 2
    assert [entry["status"] for entry in await mine(stage, ANA)] == ["OFFERED"]


async def test_nothing_is_offered_once_sales_have_closed(stage: Stage) -> None:
    showtime_id, order, _ = await sold_out(stage, starts_in=timedelta(hours=3))
    await join(stage, showtime_id, ANA)
    await give_back(stage, order, after=timedelta(hours=4))
    assert set((await stage.seat_map(showtime_id)).values()) == {"AVAILABLE", "SOLD"}
    assert await stage.said("waitlist.offered") == []
    stage.clock.advance(timedelta(days=2))
    await stage.service.waitlist.forget()
    assert await mine(stage, ANA) == []


async def test_an_erased_user_waits_no_longer(stage: Stage) -> None:
    showtime_id, order, _ = await sold_out(stage)
    await join(stage, showtime_id, ANA)
    await stage.hear("user.erasure_requested", "usr_ana", {"user_id": "usr_ana"})
    await give_back(stage, order)
    assert await stage.said("waitlist.offered") == []
    assert await mine(stage, ANA) == []


async def test_freed_seats_are_offered_once_while_all_want_them(any_stage: Stage) -> None:
    """Refunds, joins, leaves, plain holds and sweeps at once: each seat has one owner in the end."""
    stage = any_stage
    for _ in range(4):
        showtime_id, first, second = await sold_out(stage)
        await join(stage, showtime_id, ANA)
        await asyncio.gather(
            give_back(stage, first),
            join(stage, showtime_id, BEN),
            stage.hold(showtime_id, "A1", "A2", viewer=DAN),
            give_back(stage, second),
            join(stage, showtime_id, CAT, seats=1),
            stage.hold(showtime_id, "A3", "A4", viewer=DAN),
            stage.service.expiry.sweep(),
            join(stage, showtime_id, BEN),
        )
        said = await stage.said("waitlist.offered")
        offers = [event.payload for event in said if event.payload["showtime_id"] == showtime_id]
        labels = [label for offer in offers for label in offer["seat_labels"]]
        assert len(labels) == len(set(labels)), "a seat was offered twice"
        assert offers[0]["user_id"] == "usr_ana", "who waited before the refund comes first"
        assert await stage.broken() == []
        stage.clock.advance(timedelta(hours=1))
        await stage.service.expiry.sweep()
