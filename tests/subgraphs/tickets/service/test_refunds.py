"""Giving tickets back: the policy, staff, cancelled showtimes; seats are free only when the money is back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.tickets.service.cancellations import Cancellations
from marquee_subgraphs.tickets.service.returns import Returns
from marquee_subgraphs.tickets.service.sale import Sale
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges
from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage, minor

ANA = customer("usr_ana")
SCANNER = staff("tickets:scan", role="box_office", cinemas=["cin_1"])
MANAGER = staff("refunds:write", "tickets:read", role="manager", cinemas=["cin_1"])


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def complete(stage: Stage, approved: Envelope, refunded_total: int) -> Envelope:
    """Have payments execute a refund."""
    amount = approved.payload["amount"]
    return await stage.hear(
        "refund.completed",
        approved.payload["order_id"],
        {**approved.payload, "refunded_total": {**amount, "minor": refunded_total}, "whole": True},
    )


async def request(stage: Stage, order: Mapping[str, Any], refund_id: str = "rfd_1") -> None:
    """Have staff ask payments for a whole refund."""
    await stage.hear(
        "refund.requested",
        order["id"],
        {
            "refund_id": refund_id,
            "payment_id": "pay_1",
            "order_id": order["id"],
            "amount": minor(order["total"]),
            "reason": "kindness",
            "by": "usr_staff",
        },
    )


async def test_a_day_ahead_all_comes_back_and_then_the_seats(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    assert [(o["refund"]["amount"], o["staffOnly"]) for o in order["refundOptions"]] == [
        ("51.00", False),
        ("48.00", False),
        ("48.00", True),
    ]
    cancelled = (await stage.cancel(order, viewer=ANA))["order"]
    assert {ticket["status"] for ticket in cancelled["tickets"]} == {"REFUND_PENDING"}
    assert cancelled["refundOptions"] == []
    assert (await stage.seat_map(showtime_id))["A1"] == "SOLD"
    [approved] = await stage.said("refund.approved")
    assert approved.payload["amount"] == {"minor": 5100, "currency": "PEN"}

    event = await complete(stage, approved, 5100)
    await stage.consumer.handle(event)

    back = await stage.read_order(order["id"], viewer=ANA)
    assert back["status"] == "REFUNDED"
    assert {ticket["status"] for ticket in back["tickets"]} == {"REFUNDED"}
    assert (await stage.seat_map(showtime_id))["A1"] == "AVAILABLE"
    assert (await stage.hold(showtime_id, "A1", "A2"))["errors"] == []
    assert await stage.broken() == []


async def test_on_the_day_the_fee_stays_and_shortly_before_only_staff_helps(stage: Stage) -> None:
    showtime_id = await stage.schedule(starts_in=timedelta(hours=3))
    first = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    second = await stage.buy(showtime_id, "A3", "A4", viewer=ANA, payment_id="pay_2")
    await stage.cancel(first, viewer=ANA)
    [approved] = await stage.said("refund.approved")
    assert approved.payload["amount"] == {"minor": 3840, "currency": "PEN"}  # a matinée, less 3.00
    await complete(stage, approved, 3840)
    assert (await stage.read_order(first["id"], viewer=ANA))["status"] == "REFUNDED"

    stage.clock.advance(timedelta(hours=1, minutes=30))
    refused = await stage.cancel(second, viewer=ANA)
    assert codes(refused) == ["ORDER_NOT_CANCELLABLE"]
    assert [option["staffOnly"] for option in refused["errors"][0]["refundOptions"]] == [True]
    assert codes(await stage.cancel(second, viewer=MANAGER)) == ["INVALID_INPUT"]  # a reason is missing
    elsewhere = staff("refunds:write", role="manager", cinemas=["cin_2"])
    assert codes(await stage.cancel(second, viewer=elsewhere, reason="x")) == ["NOT_FOUND"]
    assert codes(await stage.cancel(second, viewer=MANAGER, reason="ill")) == []
    async with stage.database.read() as connection:
        [entry] = await AuditLog(stage.clock).entries(connection, target=second["id"])
    assert (entry.action, entry.reason, entry.actor_role) == ("cancelOrder", "ill", "manager")


async def test_one_ticket_of_two_comes_back(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    first, second = [ticket["id"] for ticket in order["tickets"]]
    assert codes(await stage.cancel(order, viewer=ANA, ticketIds=["tkt_unknown"])) == ["INVALID_INPUT"]
    await stage.cancel(order, viewer=ANA, ticketIds=[first])
    [approved] = await stage.said("refund.approved")
    assert (approved.payload["amount"]["minor"], approved.payload["ticket_ids"]) == (2550, [first])
    await complete(stage, approved, 2550)
    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "PARTIALLY_REFUNDED"
    seats = await stage.seat_map(showtime_id)
    assert (seats["A1"], seats["A2"]) == ("AVAILABLE", "SOLD")
    assert codes(await stage.cancel(order, viewer=ANA, ticketIds=[first])) == ["ORDER_NOT_CANCELLABLE"]
    await stage.cancel(order, viewer=ANA, ticketIds=[second])
    await complete(stage, (await stage.said("refund.approved"))[1], 5100)
    assert (await stage.read_order(order["id"], viewer=ANA))["status"] == "REFUNDED"
    assert await stage.broken() == []


async def test_the_same_key_cancels_once(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2")
    for _ in range(2):
        payload = await stage.cancel(order, accessToken="ord_x.forged", idempotencyKey="cancel-001")
        assert codes(payload) == ["NOT_FOUND"]
    held = await stage.hold(showtime_id, "A3", "A4")
    placed = (await stage.place(held["hold"]["token"]))["order"]
    token = placed["accessToken"]
    for _ in range(2):
        payload = await stage.cancel(placed, accessToken=token, idempotencyKey="cancel-001")
        assert (codes(payload), payload["order"]["status"]) == ([], "CANCELLED")
    assert len(await stage.said("order.cancelled")) == 1
    assert (await stage.seat_map(showtime_id))["A3"] == "AVAILABLE"
    assert await stage.broken() == []


async def test_a_ticket_that_entered_is_not_refunded(stage: Stage) -> None:
    showtime_id = await stage.schedule(starts_in=timedelta(hours=1, minutes=59))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    await stage.check_in(SCANNER, order["tickets"][0]["qrCode"], "nonce-0001")
    entered = [order["tickets"][0]["id"]]
    assert codes(await stage.cancel(order, viewer=MANAGER, reason="x", ticketIds=entered)) == [
        "ORDER_NOT_CANCELLABLE"
    ]
    await request(stage, order)
    [rejected] = await stage.said("refund.rejected")
    assert (rejected.payload["refund_id"], rejected.payload["reason"]) == ("rfd_1", "TICKET_CHECKED_IN")


async def test_a_whole_refund_by_staff_is_approved_once(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    await request(stage, order)
    await request(stage, order)
    [approved] = await stage.said("refund.approved")
    assert (approved.payload["refund_id"], approved.payload["reason"]) == ("rfd_1", "kindness")
    await request(stage, order, "rfd_2")
    assert [e.payload["reason"] for e in await stage.said("refund.rejected")] == ["REFUND_PENDING"]
    await complete(stage, approved, 5100)
    await request(stage, order, "rfd_3")
    assert [e.payload["reason"] for e in await stage.said("refund.rejected")][1:] == ["ORDER_REFUNDED"]
    assert await stage.broken() == []


async def test_a_refund_of_a_part_by_staff_frees_no_seat(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    part = {"minor": 1000, "currency": "PEN"}
    done = {"refund_id": "rfd_9", "order_id": order["id"], "amount": part, "refunded_total": part}
    await stage.hear("refund.completed", order["id"], {**done, "ticket_ids": [], "whole": False})
    partly = await stage.read_order(order["id"], viewer=ANA)
    assert partly["status"] == "PARTIALLY_REFUNDED"
    assert {ticket["status"] for ticket in partly["tickets"]} == {"VALID"}
    assert partly["refundOptions"][0]["refund"]["amount"] == "41.00"
    await stage.cancel(order, viewer=ANA)
    [approved] = await stage.said("refund.approved")
    assert approved.payload["amount"]["minor"] == 4100
    assert await stage.broken() == []


async def test_a_refund_that_fails_makes_the_tickets_valid_again(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    await stage.cancel(order, viewer=ANA)
    [approved] = await stage.said("refund.approved")
    failed = {"refund_id": approved.payload["refund_id"], "order_id": order["id"], "reason": "bank closed"}
    await stage.hear("refund.failed", order["id"], failed)
    again = await stage.read_order(order["id"], viewer=ANA)
    assert {ticket["status"] for ticket in again["tickets"]} == {"VALID"}
    assert again["failureReason"] == "The bank did not take the refund."
    assert again["refundOptions"][0]["refund"]["amount"] == "51.00"
    assert await stage.broken() == []


async def test_a_cancelled_showtime_gives_every_order_back_with_its_fees(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=timedelta(hours=1))
    bought = [await stage.buy(showtime_id, f"A{n}", f"A{n + 1}", payment_id=f"pay_{n}") for n in (1, 3, 5, 7)]
    pending = await stage.order(showtime_id, "A9", "A10", viewer=ANA)
    assert (await stage.hold(showtime_id, "B1", "B2"))["hold"]
    await stage.check_in(SCANNER, bought[0]["tickets"][0]["qrCode"], "nonce-0001")
    cancelled = await stage.hear(
        "showtime.cancelled", showtime_id, {"showtime_id": showtime_id, "reason": "the projector broke"}
    )
    # The first batch is done, then the process ends; another goes on where it stopped.
    resources = stage.service.resources
    seats = SeatChanges(resources)
    sale = Sale(resources, seats)
    returns = Returns(resources, seats, sale)
    assert await Cancellations(resources, seats, sale, returns, orders_at_once=2).refund_batch()
    assert 1 <= len(await stage.said("refund.approved")) <= 2
    await stage.consumer.handle(cancelled)
    await stage.service.cancellations.refund_all()
    await stage.service.cancellations.refund_all()

    approved = await stage.said("refund.approved")
    assert {event.payload["order_id"] for event in approved} == {order["id"] for order in bought}
    assert [event.payload["amount"]["minor"] for event in approved] == [4140] * 4
    assert {event.payload["reason"] for event in approved} == {"the projector broke"}
    assert (await stage.read_order(pending["id"], viewer=ANA))["status"] == "CANCELLED"
    progress = "cancellation { ordersTotal ordersDone finishedAt }"
    [showtime] = (await stage.door.entities("Showtime", [showtime_id], progress, MANAGER)).only()
    assert showtime["cancellation"]["ordersTotal"] == showtime["cancellation"]["ordersDone"] == 5
    assert showtime["cancellation"]["finishedAt"]
    for event in approved:
        await complete(stage, event, 4140)
    assert set((await stage.seat_map(showtime_id)).values()) == {"AVAILABLE"}
    assert await stage.broken() == []
