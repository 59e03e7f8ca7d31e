"""The purchase as events: leases, sales, failures; late and doubled events do nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from marquee_subgraphs.kit.events import PoisonEvent
from tests.subgraphs.door import customer
from tests.subgraphs.tickets.stage import Stage, minor

ANA, BEN = customer("usr_ana"), customer("usr_ben")


async def test_a_payment_takes_a_lease_on_the_seats_within_its_limit(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    stage.clock.advance(timedelta(minutes=9))
    long = (stage.clock.now() + timedelta(hours=3)).isoformat()
    started = {"payment_id": "pay_1", "order_id": order["id"], "lease_until": long}
    await stage.hear("payment.started", "pay_1", started)
    assert (await stage.read_order(order["id"], viewer=ANA))["expiresAt"] == "2026-01-15T18:35:00Z"
    stage.clock.advance(timedelta(minutes=20))
    assert (await stage.hold(showtime_id, "A1", "A2", viewer=BEN))["hold"] is None
    assert await stage.broken() == []
    await stage.authorize(order)
    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "CONFIRMED"


async def test_a_late_start_revives_nothing(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    stage.clock.advance(timedelta(minutes=10))
    until = (stage.clock.now() + timedelta(minutes=5)).isoformat()
    started = {"payment_id": "pay_1", "order_id": order["id"], "lease_until": until}
    await stage.hear("payment.started", "pay_1", started)
    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "EXPIRED"
    assert (await stage.seat_map(showtime_id))["A1"] == "AVAILABLE"


async def test_a_doubled_authorisation_sells_once_and_a_second_payment_is_refused(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    event = await stage.authorize(order)
    await stage.consumer.handle(event)
    await stage.authorize(order)
    assert len(await stage.said("order.confirmed")) == 1
    assert await stage.said("order.sale_refused") == []
    await stage.authorize(order, "pay_2")
    [refused] = await stage.said("order.sale_refused")
    assert (refused.payload["payment_id"], refused.payload["reason"]) == ("pay_2", "ALREADY_PAID")
    assert await stage.broken() == []


async def test_another_amount_than_the_orders_buys_nothing(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    cheap = {"payment_id": "pay_1", "order_id": order["id"], "amount": {"minor": 1, "currency": "PEN"}}
    await stage.hear("payment.authorized", "pay_1", cheap)
    assert [event.payload["reason"] for event in await stage.said("order.sale_refused")] == [
        "AMOUNT_MISMATCH"
    ]
    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "PENDING_PAYMENT"


async def test_a_declined_card_leaves_the_order_waiting_for_another(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    declined = {
        "payment_id": "pay_1",
        "order_id": order["id"],
        "stage": "authorization",
        "code": "card_declined",
        "message": "The card was declined.",
    }
    await stage.hear("payment.failed", "pay_1", declined)
    await stage.hear("payment.voided", "pay_1", {"payment_id": "pay_1", "order_id": order["id"]})
    waiting = await stage.read_order(order["id"], viewer=ANA)
    assert (waiting["status"], waiting["failureReason"]) == ("PENDING_PAYMENT", "The card was declined.")
    await stage.authorize(order, "pay_2")
    bought = await stage.read_order(order["id"], viewer=ANA)
    assert (bought["status"], bought["failureReason"]) == ("CONFIRMED", None)


async def test_a_capture_that_fails_frees_the_seats_and_voids_the_tickets(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    await stage.authorize(order)
    failed = {
        "payment_id": "pay_1",
        "order_id": order["id"],
        "stage": "capture",
        "code": "x",
        "message": "gone",
    }
    event = await stage.hear("payment.failed", "pay_1", failed)
    await stage.consumer.handle(event)
    lost = await stage.read_order(order["id"], viewer=ANA)
    assert (lost["status"], lost["failureReason"]) == ("FAILED", "gone")
    assert {ticket["status"] for ticket in lost["tickets"]} == {"VOID"}
    assert (await stage.seat_map(showtime_id))["A1"] == "AVAILABLE"
    assert len(await stage.said("order.failed")) == 1
    assert await stage.broken() == []


async def test_money_that_came_for_an_ended_order_goes_back_once(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    await stage.cancel(order, viewer=ANA)
    event = await stage.capture(order)
    await stage.consumer.handle(event)
    [approved] = await stage.said("refund.approved")
    assert approved.payload["amount"] == minor(order["total"])
    assert approved.payload["ticket_ids"] == []
    completed = {**approved.payload, "refunded_total": minor(order["total"]), "whole": True}
    await stage.hear("refund.completed", order["id"], completed)
    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "CANCELLED"
    assert await stage.broken() == []


async def test_a_payment_while_the_showtime_is_cancelled_is_voided(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
    await stage.hear("showtime.cancelled", showtime_id, {"showtime_id": showtime_id, "reason": "flood"})
    await stage.authorize(order)
    [refused] = await stage.said("order.sale_refused")
    assert refused.payload["reason"] == "SHOWTIME_CANCELLED"
    failed = await stage.read_order(order["id"], viewer=ANA)
    assert (failed["status"], failed["failureReason"]) == ("FAILED", "The showtime was cancelled.")
    assert await stage.broken() == []


async def test_events_of_unknown_orders_do_nothing(stage: Stage) -> None:
    stranger = {"id": "ord_unknown", "total": {"amount": "1.00", "currency": "PEN"}}
    await stage.authorize(stranger)
    await stage.capture(stranger)
    for name in ("payment.failed", "payment.voided"):
        await stage.hear(
            name, "pay_9", {"payment_id": "pay_9", "order_id": "ord_unknown", "stage": "capture"}
        )
    assert await stage.said() == []


@pytest.mark.parametrize(
    "payload", [{}, {"order_id": 7}, {"order_id": "ord_1", "payment_id": "p", "amount": 5}]
)
async def test_an_event_that_cannot_be_read_is_poison(stage: Stage, payload: dict[str, object]) -> None:
    with pytest.raises(PoisonEvent):
        await stage.hear("payment.authorized", "pay_1", payload)
    with pytest.raises(PoisonEvent):
        await stage.hear("showtime.scheduled", "sht_1", payload)


async def test_a_forgotten_customer_is_nowhere(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    await stage.hear("user.erasure_requested", "usr_ana", {"user_id": "usr_ana"})
    [receipt] = await stage.said("user.erased")
    assert receipt.payload == {"user_id": "usr_ana", "subgraph": "tickets"}
    assert await stage.read_order(order["id"], viewer=ANA) is None
    assert await stage.broken() == []
