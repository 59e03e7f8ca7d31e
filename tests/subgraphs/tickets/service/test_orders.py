"""Placing orders: the price is computed here and frozen; vouchers are used once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.subgraphs.door import customer
from tests.subgraphs.tickets.stage import Stage

ANA, BEN = customer("usr_ana"), customer("usr_ben")
EVENING = timedelta(hours=31)  # 2026-01-17 01:00 UTC: Friday, 20:00 in Lima


def codes(payload: dict[str, Any]) -> list[str]:
    return [error["code"] for error in payload["errors"]]


async def test_the_price_has_its_lines_its_tax_and_its_fee(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=EVENING, kinds={"A1": "PREMIUM"})
    await stage.hear("membership.joined", "mem_1", {"user_id": "usr_ana", "tier": "BRONZE"})
    await stage.hear("membership.tier_changed", "mem_1", {"user_id": "usr_ana", "tier": "GOLD"})
    await stage.issue_voucher("TEN-OFF", ANA)
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA, voucher="TEN-OFF")
    assert [(line["kind"], line["label"], line["amount"]["amount"]) for line in order["lines"]] == [
        ("SEAT", "A1", "32.40"),
        ("SEAT", "A2", "24.00"),
        ("MEMBER_DISCOUNT", "Gold", "-2.82"),
        ("VOUCHER", "TEN-OFF", "-10.00"),
        ("BOOKING_FEE", "Booking fee", "3.00"),
    ]
    assert order["total"] == {"amount": "46.58", "currency": "PEN"}
    assert order["discount"] == {"amount": "12.82"}
    assert order["tax"] == {"amount": "7.11"}
    assert [event.payload["code"] for event in await stage.said("voucher.used")] == ["TEN-OFF"]


async def test_the_same_key_gets_the_same_order_even_its_token(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    token = (await stage.hold(showtime_id, "A1", "A2"))["hold"]["token"]
    first = await stage.place(token, idempotencyKey="order-0001")
    again = await stage.place(token, idempotencyKey="order-0001")
    assert again == first
    assert first["order"]["accessToken"]
    other = await stage.place(token, idempotencyKey="order-0001", email="other@example.test")
    assert codes(other) == ["IDEMPOTENCY_CONFLICT"]
    assert codes(await stage.place(token, idempotencyKey="order-0002")) == ["HOLD_ORDERED"]
    assert len(await stage.said("order.placed")) == 1


async def test_an_order_that_costs_nothing_is_sold_at_once(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    await stage.issue_voucher("FREE", ANA, "FREE_SEAT")
    order = await stage.order(showtime_id, "A1", viewer=ANA, voucher="FREE")
    assert order["status"] == "CONFIRMED"
    assert order["total"]["amount"] == "0.00"
    assert len(order["tickets"]) == 1
    [confirmed] = await stage.said("order.confirmed")
    assert confirmed.payload["payment_id"] is None
    cancelled = await stage.cancel(order, viewer=ANA)
    assert cancelled["order"]["status"] == "CANCELLED"
    assert [event.payload["code"] for event in await stage.said("voucher.released")] == ["FREE"]
    assert (await stage.seat_map(showtime_id))["A1"] == "AVAILABLE"
    assert await stage.broken() == []


async def test_a_voucher_comes_back_when_its_order_ends_unpaid(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    await stage.issue_voucher("TEN-OFF", ANA)
    query = '{ validateVoucher(code: "TEN-OFF") { kind value { amount } used } }'
    await stage.order(showtime_id, "A1", "A2", viewer=ANA, voucher="TEN-OFF")
    assert (await stage.door.ask(query, viewer=ANA)).only()["used"] is True
    stage.clock.advance(timedelta(minutes=10))
    await stage.service.expiry.sweep()
    assert (await stage.door.ask(query, viewer=ANA)).only() == {
        "kind": "AMOUNT",
        "value": {"amount": "10.00"},
        "used": False,
    }
    assert (await stage.door.ask(query, viewer=BEN)).only() is None
    order = await stage.order(showtime_id, "A1", "A2", viewer=ANA, voucher="TEN-OFF")
    assert order["discount"]["amount"] == "10.00"
    assert await stage.broken() == []


async def test_a_voucher_is_ones_own_in_its_currency(stage: Stage) -> None:
    showtime_id = await stage.schedule(currency="EUR", time_zone="Europe/Madrid")
    await stage.issue_voucher("SOLES", ANA)
    await stage.issue_voucher("HALF", ANA, "PERCENT", percent=50)
    tokens = {
        viewer: (await stage.hold(showtime_id, *labels, viewer=viewer))["hold"]["token"]
        for viewer, labels in ((ANA, ("A1", "A2")), (BEN, ("A3", "A4")))
    }
    assert codes(await stage.place(tokens[ANA], viewer=ANA, voucher="SOLES")) == ["VOUCHER_INVALID"]
    assert codes(await stage.place(tokens[BEN], viewer=BEN, voucher="HALF")) == ["VOUCHER_INVALID"]
    assert codes(await stage.place(tokens[BEN], viewer=BEN, voucher="x" * 5000)) == ["INVALID_INPUT"]
    order = (await stage.place(tokens[ANA], viewer=ANA, voucher="HALF"))["order"]
    assert (order["subtotal"]["amount"], order["discount"]["amount"]) == ("48.00", "24.00")


async def test_a_quote_takes_the_base_price_the_router_brings(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=EVENING)
    await stage.hear("membership.joined", "mem_1", {"user_id": "usr_ana", "tier": "SILVER"})
    brought = {"id": showtime_id, "basePrice": {"amount": "30.00", "currency": "PEN"}}
    seats = f'["{showtime_id}:A1", "{showtime_id}:A2"]'
    fields = f"quote(seatIds: {seats}) {{ total {{ amount }} lines {{ label seat {{ label }} }} }}"
    [quoted] = (await stage.door.entities("Showtime", [brought], fields, ANA)).only()
    assert quoted["quote"]["total"] == {"amount": "61.20"}
    assert quoted["quote"]["lines"][0] == {"label": "A1", "seat": {"label": "A1"}}
    bad = await stage.door.entities("Showtime", [brought], 'quote(seatIds: ["x"]) { total { amount } }')
    assert bad.codes == ["INVALID_INPUT"]


async def test_an_order_is_its_owners_alone(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    ticket_id = order["tickets"][0]["id"]
    assert await stage.read_order(order["id"], viewer=BEN) is None
    ticket = "query ($id: ID!) { ticket(id: $id) { id qrCode } }"
    assert (await stage.door.ask(ticket, {"id": ticket_id}, BEN)).only() is None
    assert (await stage.door.ask(ticket, {"id": ticket_id}, ANA)).only()["id"] == ticket_id
    [hidden] = (await stage.door.entities("Order", [order["id"]], "number", BEN)).only()
    assert hidden is None
    [hidden] = (await stage.door.entities("Ticket", [ticket_id], "qrCode", BEN)).only()
    assert hidden is None
    assert codes(await stage.cancel(order, viewer=BEN)) == ["NOT_FOUND"]


async def test_a_guests_order_known_by_its_id_alone_keeps_its_secrets(stage: Stage) -> None:
    showtime_id = await stage.schedule()
    order = await stage.order(showtime_id, "A1", "A2")
    await stage.authorize(order)
    fields = "status total { amount } email tickets { qrCode }"
    [known] = (await stage.door.entities("Order", [order["id"]], fields)).only()
    assert known == {"status": "CONFIRMED", "total": {"amount": "51.00"}, "email": None, "tickets": []}
