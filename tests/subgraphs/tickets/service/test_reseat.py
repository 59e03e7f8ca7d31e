"""Moving a ticket to another seat: by staff, for no more money, once; the old code opens no door."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_ulid
from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage

ANA, BEN = customer("usr_ana"), customer("usr_ben")
STAFF = staff("orders:reseat", "tickets:scan", "tickets:read", role="box_office", cinemas=["cin_1"])
RESEAT = """
mutation ($input: ReseatTicketInput!) {
  reseatTicket(input: $input) {
    ticket { id qrCode status seat { label status } price { amount } }
    errors { __typename code path ... on SeatsUnavailable { seats { label } alternatives { label } } }
  }
}
"""


async def reseat(
    stage: Stage, ticket: dict[str, Any], showtime_id: str, label: str, *, viewer: Viewer = STAFF, **more: Any
) -> dict[str, Any]:
    given = {
        "ticketId": ticket["id"],
        "seatId": f"{showtime_id}:{label}",
        "reason": "broken seat",
        "idempotencyKey": new_ulid(stage.clock.now()),
        **more,
    }
    payload: dict[str, Any] = (await stage.door.ask(RESEAT, {"input": given}, viewer)).only()
    return payload


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def test_the_seat_changes_hands_and_the_code_is_replaced(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=timedelta(hours=1))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    ticket = order["tickets"][0]

    async with stage.door.subscribe(
        "subscription ($id: ID!) { seatMapChanged(showtimeId: $id) { resync seats { label status } } }",
        {"id": showtime_id},
    ) as changes:
        await anext(changes)
        moved = await reseat(stage, ticket, showtime_id, "B5")
        change = (await anext(changes))["data"]["seatMapChanged"]

    assert moved["errors"] == []
    assert moved["ticket"]["seat"] == {"label": "B5", "status": "SOLD"}
    assert moved["ticket"]["price"] == ticket["price"]
    assert {seat["label"]: seat["status"] for seat in change["seats"]} == {"A1": "AVAILABLE", "B5": "SOLD"}
    assert codes(await stage.check_in(STAFF, ticket["qrCode"], "nonce-0001")) == ["UNKNOWN_TICKET"]
    assert codes(await stage.check_in(STAFF, moved["ticket"]["qrCode"], "nonce-0002")) == []
    shown = await stage.read_order(order["id"], viewer=ANA)
    assert {seat["label"] for seat in shown["seats"]} == {"A2", "B5"}
    assert shown["total"] == order["total"]
    [said] = await stage.said("ticket.reseated")
    assert said.payload["qr_code"] == moved["ticket"]["qrCode"]
    assert (said.payload["previous_seat_label"], said.payload["seat_label"]) == ("A1", "B5")
    assert (await stage.hold(showtime_id, "A1", viewer=BEN))["errors"] == []
    assert await stage.broken() == []


async def test_a_refund_after_it_frees_the_new_seat(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    await reseat(stage, order["tickets"][0], showtime_id, "B5")
    await stage.cancel(order, viewer=ANA)
    [approved] = await stage.said("refund.approved")
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
    assert set((await stage.seat_map(showtime_id)).values()) == {"AVAILABLE"}
    assert await stage.broken() == []


async def test_the_same_key_moves_once_and_leaves_one_audit_row(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    ticket = order["tickets"][0]
    first = await reseat(stage, ticket, showtime_id, "B5", idempotencyKey="the-same-key")
    assert await reseat(stage, ticket, showtime_id, "B5", idempotencyKey="the-same-key") == first
    other = await reseat(stage, ticket, showtime_id, "B6", idempotencyKey="the-same-key")
    assert codes(other) == ["IDEMPOTENCY_CONFLICT"]
    async with stage.database.read() as connection:
        [entry] = await stage.service.resources.backend.audit.entries(connection, target=ticket["id"])
    assert (entry.action, entry.reason) == ("reseatTicket", "broken seat")
    assert (entry.before, entry.after) == ({"seat": "A1"}, {"seat": "B5"})


async def test_a_dearer_a_taken_or_a_foreign_seat_is_refused(stage: Stage) -> None:
    showtime_id = await stage.schedule(kinds={"B1": "PREMIUM", "B2": "PREMIUM"})
    elsewhere = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    dear = await stage.buy(showtime_id, "B1", "B2", viewer=BEN, payment_id="pay_2")
    ticket = order["tickets"][0]
    taken = await reseat(stage, ticket, showtime_id, "A2")
    assert codes(taken) == ["SEATS_UNAVAILABLE"]
    assert len(taken["errors"][0]["alternatives"]) == 1
    await stage.cancel(order, viewer=BEN)
    assert codes(await reseat(stage, ticket, showtime_id, "Z9")) == ["INVALID_INPUT"]
    assert codes(await reseat(stage, ticket, elsewhere, "A5")) == ["TICKET_NOT_RESEATABLE"]
    assert codes(await reseat(stage, ticket, showtime_id, "A5", reason=" ")) == ["INVALID_INPUT"]
    assert codes(await reseat(stage, ticket, showtime_id, "A1")) == ["SEATS_UNAVAILABLE"]
    assert codes(await reseat(stage, dear["tickets"][0], showtime_id, "A5")) == []
    assert codes(await reseat(stage, ticket, showtime_id, "B1")) == ["SEAT_COSTS_MORE"]
    assert await stage.broken() == []


async def test_only_staff_of_the_cinema_moves_tickets(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    ticket = order["tickets"][0]
    elsewhere = staff("orders:reseat", role="box_office", cinemas=["cin_2"])
    assert codes(await reseat(stage, ticket, showtime_id, "B5", viewer=ANA)) == ["NOT_ALLOWED"]
    assert codes(await reseat(stage, ticket, showtime_id, "B5", viewer=elsewhere)) == ["NOT_ALLOWED"]
    assert codes(await reseat(stage, {"id": "tkt_x"}, showtime_id, "B5")) == ["NOT_FOUND"]


async def test_two_tickets_to_one_seat_make_one_winner(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    orders = [await stage.buy(showtime_id, f"A{n}", f"A{n + 1}", payment_id=f"pay_{n}") for n in (1, 3, 5, 7)]
    moves = await asyncio.gather(*[reseat(stage, order["tickets"][0], showtime_id, "B5") for order in orders])
    assert sorted(map(tuple, map(codes, moves))) == [(), *[("SEATS_UNAVAILABLE",)] * 3]
    assert await stage.broken() == []


async def test_one_ticket_moved_twice_at_once_has_one_seat(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    ticket = order["tickets"][0]
    moves = await asyncio.gather(*[reseat(stage, ticket, showtime_id, f"B{n}") for n in range(1, 7)])
    assert [codes(move) for move in moves] == [[]] * 6
    statuses = list((await stage.seat_map(showtime_id)).values())
    assert statuses.count("SOLD") == 2
    assert await stage.broken() == []


async def test_a_move_races_a_hold_of_the_seat(any_stage: Stage) -> None:
    stage = any_stage
    for _ in range(5):
        showtime_id = await stage.schedule()
        order = await stage.buy(showtime_id, "A1", "A2", payment_id=f"pay_{showtime_id}")
        moved, held = await asyncio.gather(
            reseat(stage, order["tickets"][0], showtime_id, "B5"),
            stage.hold(showtime_id, "B5", "B6", viewer=BEN),
        )
        assert {bool(moved["errors"]), bool(held["errors"])} == {True, False}
        assert await stage.broken() == []


async def test_a_move_races_the_door(any_stage: Stage) -> None:
    stage = any_stage
    for round_ in range(5):
        showtime_id = await stage.schedule(starts_in=timedelta(hours=1))
        order = await stage.buy(showtime_id, "A1", "A2", payment_id=f"pay_{showtime_id}")
        ticket = order["tickets"][0]
        moved, scanned = await asyncio.gather(
            reseat(stage, ticket, showtime_id, "B5"),
            stage.check_in(STAFF, ticket["qrCode"], f"nonce-000{round_}"),
        )
        assert (codes(moved), codes(scanned)) in (
            ([], ["UNKNOWN_TICKET"]),
            (["TICKET_NOT_RESEATABLE"], []),
        )
        assert await stage.broken() == []
