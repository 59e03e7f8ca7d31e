"""The purchase from the first click to the tickets, on both stores."""

from __future__ import annotations

from datetime import timedelta

from tests.subgraphs.door import customer
from tests.subgraphs.tickets.stage import Stage

ANA = customer("usr_ana")


async def test_held_seats_are_sold_when_the_payment_is_authorised(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A4", "A5", viewer=ANA)
    assert order["status"] == "PENDING_PAYMENT"
    assert order["tickets"] == []
    assert (await stage.seat_map(showtime_id))["A4"] == "HELD"

    await stage.authorize(order)

    order = await stage.read_order(order["id"], viewer=ANA)
    assert order["status"] == "CONFIRMED"
    assert [ticket["seat"] for ticket in order["tickets"]] == [
        {"label": "A4", "status": "SOLD"},
        {"label": "A5", "status": "SOLD"},
    ]
    assert len({ticket["qrCode"] for ticket in order["tickets"]}) == 2
    said = [event.type for event in await stage.said()]
    assert said == ["seats.held", "order.placed", "seats.sold", "order.confirmed"]
    [confirmed] = await stage.said("order.confirmed")
    assert confirmed.payload["payment_id"] == "pay_1"
    assert [ticket["seat_label"] for ticket in confirmed.payload["tickets"]] == ["A4", "A5"]


async def test_an_authorisation_after_the_expiry_is_refused_and_sells_nothing(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A4", "A5", viewer=ANA)
    stage.clock.advance(timedelta(minutes=10))
    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "EXPIRED"

    await stage.authorize(order)

    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "EXPIRED"
    [refused] = await stage.said("order.sale_refused")
    assert refused.payload["payment_id"] == "pay_1"
    assert refused.payload["reason"] == "ORDER_EXPIRED"
    assert (await stage.seat_map(showtime_id))["A4"] == "AVAILABLE"


async def test_a_guest_orders_with_an_email_and_sees_the_order_by_its_token(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    held = await stage.hold(showtime_id, "A1", "A2")
    refused = await stage.place(held["hold"]["token"], email=None)
    assert [error["path"] for error in refused["errors"]] == [["input", "email"]]

    order = (await stage.place(held["hold"]["token"]))["order"]

    assert order["email"] == "guest@example.test"
    await stage.authorize(order)
    seen = await stage.read_order(order["id"], token=order["accessToken"])
    assert len(seen["tickets"]) == 2
    assert await stage.read_order(order["id"]) is None
    assert await stage.read_order(order["id"], viewer=ANA) is None
