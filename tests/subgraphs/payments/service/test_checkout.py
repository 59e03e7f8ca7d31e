"""Paying an order: every card, and who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from marquee_subgraphs.kit.identity import ANONYMOUS
from tests.subgraphs.door import customer, staff
from tests.subgraphs.payments.conftest import CUSTOMER, PAY, Cinema


def of_order(order_id: str) -> Callable[[dict[str, Any]], bool]:
    """Whether an event is of this order."""
    return lambda payload: payload["order_id"] == order_id


def only_error(payload: Any) -> dict[str, Any]:
    """The one error of a payload."""
    [error] = payload["errors"]
    assert isinstance(error, dict)
    return error


async def test_an_accepted_card_pays_the_order(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    payload = await any_cinema.pay(order_id)
    assert payload["errors"] == []
    payment = payload["payment"]
    assert payment["status"] == "CAPTURED"
    assert payment["amount"] == {"amount": "48.00", "currency": "PEN"}
    captured = await any_cinema.tickets.hears("payment.captured")
    assert captured == {
        "payment_id": payment["id"],
        "order_id": order_id,
        "user_id": "usr_1",
        "movie_id": "mov_1",
        "showtime_id": "sht_1",
        "cinema_id": "cin_1",
        "amount": {"minor": 4800, "currency": "PEN"},
        "seat_count": 2,
    }
    assert any_cinema.tickets.names() == ["payment.started", "payment.authorized", "payment.captured"]


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
async def test_a_declined_card_says_why_and_the_order_can_be_paid_again(
    any_cinema: Cinema, method: str, code: str
) -> None:
    order_id = await any_cinema.tickets.place()
    payload = await any_cinema.pay(order_id, method)
    error = only_error(payload)
    assert (error["__typename"], error["code"], error["declineCode"]) == (
        "CardDeclined",
        "CARD_DECLINED",
        code,
    )
    assert error["path"] == ["input", "paymentMethod"]
    assert payload["payment"]["status"] == "FAILED"
    assert payload["payment"]["failureCode"] == code
    failed = await any_cinema.tickets.hears("payment.failed")
    assert (failed["stage"], failed["code"]) == ("authorization", code)
    assert await any_cinema.pay(order_id, method) == payload, "the same key, the same answer"

    again = await any_cinema.pay(order_id, "pm_card_visa", key="key-00000002")
    assert again["payment"]["status"] == "CAPTURED"
    assert again["payment"]["id"] != payload["payment"]["id"]


async def test_the_same_key_and_input_give_the_same_payment(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    first = await any_cinema.pay(order_id)
    assert await any_cinema.pay(order_id) == first
    assert any_cinema.tickets.names().count("payment.started") == 1


async def test_the_same_key_with_another_input_is_refused(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place()
    await cinema.pay(order_id)
    other = await cinema.pay(order_id, "pm_card_mastercard")
    assert other["payment"] is None
    assert only_error(other)["code"] == "IDEMPOTENCY_CONFLICT"


async def test_a_paid_order_is_not_paid_again(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place()
    await cinema.pay(order_id)
    again = await cinema.pay(order_id, key="key-00000002")
    assert again["payment"] is None
    assert only_error(again)["code"] == "ORDER_NOT_PAYABLE"
    assert cinema.tickets.names().count("payment.started") == 1


async def test_an_unknown_order_is_refused(impatient_cinema: Cinema) -> None:
    payload = await impatient_cinema.pay("ord_unheard")
    assert only_error(payload)["code"] == "ORDER_NOT_PAYABLE"


async def test_an_order_that_is_not_heard_of_yet_is_waited_for(cinema: Cinema) -> None:
    paying = cinema.paying("ord_late")
    await cinema.tickets.place("ord_late")
    assert (await paying)["payment"]["status"] == "CAPTURED"


async def test_nobody_pays_the_order_of_another(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place(user_id="usr_1")
    for viewer in (ANONYMOUS, customer("usr_2"), staff("refunds:write")):
        payload = await cinema.pay(order_id, viewer=viewer)
        assert only_error(payload)["code"] == "ORDER_NOT_PAYABLE"
    assert cinema.tickets.names() == []


async def test_who_holds_a_guests_order_may_pay_it(cinema: Cinema) -> None:
    for viewer in (ANONYMOUS, customer("usr_2")):
        order_id = await cinema.tickets.place(user_id=None)
        payload = await cinema.pay(order_id, viewer=viewer)
        assert payload["payment"]["status"] == "CAPTURED"
    assert (await cinema.tickets.hears("payment.captured"))["user_id"] is None


async def test_an_order_whose_time_is_over_is_not_payable(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place(minutes=10)
    cinema.clock.advance(timedelta(minutes=10))
    assert only_error(await cinema.pay(order_id))["code"] == "ORDER_NOT_PAYABLE"


async def test_paying_asks_tickets_to_keep_the_seats(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place(minutes=1)
    await cinema.pay(order_id, "pm_card_chargeDeclined")
    started = await cinema.tickets.hears("payment.started")
    assert started["lease_until"] == (cinema.clock.now() + timedelta(minutes=5)).isoformat()
    cinema.clock.advance(timedelta(minutes=4))
    again = await cinema.pay(order_id, key="key-00000002")
    assert again["payment"]["status"] == "CAPTURED", "the lease counts, not the first end of the hold"


HOSTILE = [
    {"orderId": "", "paymentMethod": "pm_card_visa", "idempotencyKey": "key-00000001"},
    {"orderId": "x" * 5000, "paymentMethod": "pm_card_visa", "idempotencyKey": "key-00000001"},
    {"orderId": "ord_1", "paymentMethod": "", "idempotencyKey": "key-00000001"},
    {"orderId": "ord_1", "paymentMethod": "pm_card_visa'; --", "idempotencyKey": "key-00000001"},
    {"orderId": "ord_1", "paymentMethod": "pm_card_" + "x" * 9000, "idempotencyKey": "key-00000001"},
    {"orderId": "ord_1", "paymentMethod": "pm_card_nobody", "idempotencyKey": "key-00000001"},
    {"orderId": "ord_1", "paymentMethod": "pm_card_visa", "idempotencyKey": "short"},
    {"orderId": "ord_1", "paymentMethod": "pm_card_visa", "idempotencyKey": "no\u0000nulls-here"},
]


async def test_hostile_input_is_refused_by_its_path(cinema: Cinema) -> None:
    for given in HOSTILE:
        payload = (await cinema.door.ask(PAY, {"input": given}, CUSTOMER)).only()
        assert payload["payment"] is None
        assert {error["code"] for error in payload["errors"]} == {"INVALID_INPUT"}
        assert all(error["path"][0] == "input" for error in payload["errors"])


async def test_a_lost_seat_costs_a_void_and_no_refund(any_cinema: Cinema) -> None:
    any_cinema.tickets.sells = False
    order_id = await any_cinema.tickets.place()
    payload = await any_cinema.pay(order_id)
    assert payload["payment"]["status"] == "VOIDED"
    assert only_error(payload)["code"] == "ORDER_NOT_PAYABLE"
    await any_cinema.tickets.hears("payment.voided")
    [intent] = any_cinema.bank.store.all_intents()
    assert (intent["status"], intent["received"]) == ("canceled", 0)


async def test_an_order_that_ends_lets_go_of_what_is_reserved(any_cinema: Cinema) -> None:
    any_cinema.tickets.answers = False
    for number, name in enumerate(["order.expired", "order.failed", "order.cancelled"]):
        order_id = await any_cinema.tickets.place(f"ord_{number}")
        paying = any_cinema.paying(order_id, key=f"key-0000000{number}")
        await any_cinema.tickets.hears("payment.authorized", of_order(order_id))
        await any_cinema.tickets.close_order(order_id, name)
        await any_cinema.tickets.hears("payment.voided", of_order(order_id))
        assert (await paying)["payment"]["status"] == "VOIDED"
    assert {intent["status"] for intent in any_cinema.bank.store.all_intents()} == {"canceled"}


async def test_a_capture_that_fails_for_good_is_told_and_the_reservation_let_go(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    payload = await any_cinema.pay(order_id, "pm_card_captureFails")
    assert payload["payment"]["status"] == "FAILED"
    failed = await any_cinema.tickets.hears("payment.failed")
    assert (failed["stage"], failed["code"]) == ("capture", "capture_charge_authorization_expired")
    await any_cinema.service.idle()
    assert [intent["status"] for intent in any_cinema.bank.store.all_intents()] == ["canceled"]


async def test_an_order_cancelled_after_its_sale_keeps_its_payment(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place()
    payload = await cinema.pay(order_id)
    await cinema.tickets.close_order(order_id, "order.cancelled")
    await cinema.tickets.say("order.placed", "ord_after", {"order_id": "ord_after"})  # poison: it is passed
    await cinema.tickets.place("ord_next")
    await cinema.pay("ord_next", key="key-00000002")
    assert await cinema.status(payload["payment"]["id"]) == "CAPTURED"
