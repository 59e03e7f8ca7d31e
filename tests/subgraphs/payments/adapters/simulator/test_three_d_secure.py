"""3-D Secure: the bank asks its customer, who answers on its page; the cinema learns of it either way."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.subgraphs.door import customer
from tests.subgraphs.payments.conftest import Cinema

CARD = "pm_card_threeDSecureRequired"


async def answer_bank(cinema: Cinema, payment: Any, decision: str) -> None:
    """What the customer does on the bank's page, where the browser finds it."""
    address = urlsplit(payment["nextAction"]["url"])
    status, page = await cinema.send("GET", address.path)
    assert status == 200
    assert b"Authorise" in page
    form = {"content-type": "application/x-www-form-urlencoded"}
    status, _ = await cinema.send("POST", address.path, form, f"decision={decision}".encode())
    assert status == 303


async def test_the_payment_waits_with_the_address_of_the_banks_page(cinema: Cinema) -> None:
    payload = await cinema.pay(await cinema.tickets.place(), CARD)
    assert payload["errors"] == []
    assert payload["payment"]["status"] == "ACTION_REQUIRED"
    action = payload["payment"]["nextAction"]
    assert action["type"] == "redirect_to_url"
    assert action["url"].startswith("http://127.0.0.1:8080/bank/3ds/pi_")


async def test_the_bank_tells_of_the_answer_by_webhook(any_cinema: Cinema) -> None:
    payload = await any_cinema.pay(await any_cinema.tickets.place(), CARD)
    await answer_bank(any_cinema, payload["payment"], "authorise")
    await any_cinema.tickets.hears("payment.captured")
    confirmed = await any_cinema.confirm(payload["payment"]["id"])
    assert confirmed["payment"]["status"] == "CAPTURED"
    assert confirmed["payment"]["nextAction"] is None
    assert any_cinema.tickets.names().count("payment.authorized") == 1


async def test_the_page_may_ask_without_waiting_for_the_webhook(cinema: Cinema) -> None:
    await cinema.bank.sender.stop()
    payload = await cinema.pay(await cinema.tickets.place(), CARD)
    waiting = await cinema.confirm(payload["payment"]["id"])
    assert waiting["payment"]["status"] == "ACTION_REQUIRED"
    await answer_bank(cinema, payload["payment"], "authorise")
    confirmed = await cinema.confirm(payload["payment"]["id"])
    assert confirmed["payment"]["status"] == "CAPTURED"
    await cinema.tickets.hears("payment.captured")
    assert await cinema.bank.sender.deliver_due(twice=True, reverse=True) == 3
    assert cinema.tickets.names() == ["payment.started", "payment.authorized", "payment.captured"]


async def test_a_customer_who_refuses_may_pay_otherwise(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place()
    payload = await cinema.pay(order_id, CARD)
    await answer_bank(cinema, payload["payment"], "refuse")
    refused = await cinema.confirm(payload["payment"]["id"])
    assert refused["payment"]["status"] == "FAILED"
    assert refused["payment"]["failureCode"] == "authentication_failed"
    assert [error["code"] for error in refused["errors"]] == ["CARD_DECLINED"]
    again = await cinema.pay(order_id, key="key-00000002")
    assert again["payment"]["status"] == "CAPTURED"


async def test_another_card_takes_the_place_of_one_that_waits(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    waiting = await any_cinema.pay(order_id, CARD)
    same = await any_cinema.pay(order_id, CARD, key="key-00000002")
    assert same["payment"]["id"] == waiting["payment"]["id"], "the same card again is the same payment"
    other = await any_cinema.pay(order_id, "pm_card_visa", key="key-00000003")
    assert other["payment"]["status"] == "CAPTURED"
    await any_cinema.service.idle()
    assert await any_cinema.status(waiting["payment"]["id"]) == "VOIDED"
    assert sorted(intent["status"] for intent in any_cinema.bank.store.all_intents()) == [
        "canceled",
        "succeeded",
    ]


async def test_an_order_that_ends_meanwhile_takes_the_question_back(cinema: Cinema) -> None:
    order_id = await cinema.tickets.place()
    payload = await cinema.pay(order_id, CARD)
    await cinema.tickets.close_order(order_id)
    await cinema.tickets.hears("payment.voided")
    address = urlsplit(payload["payment"]["nextAction"]["url"])
    _, page = await cinema.send("GET", address.path)
    assert b"decided already" in page
    assert (await cinema.confirm(payload["payment"]["id"]))["payment"]["status"] == "VOIDED"


async def test_nobody_goes_on_with_the_payment_of_another(cinema: Cinema) -> None:
    payload = await cinema.pay(await cinema.tickets.place(), CARD)
    for payment_id in (payload["payment"]["id"], "pay_unheard", "", "x" * 9000):
        answer = await cinema.confirm(payment_id, customer("usr_2"))
        assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]


@pytest.mark.parametrize("path", ["/bank/3ds/pi_unheard", "/bank/3ds/%3Cscript%3E"])
async def test_the_bank_knows_nothing_of_strangers(cinema: Cinema, path: str) -> None:
    status, page = await cinema.send("GET", path)
    assert status == 404
    assert b"<script" not in page


async def test_a_webhook_that_nobody_signed_is_refused(cinema: Cinema) -> None:
    status, _ = await cinema.send("POST", "/webhooks/stripe", {"stripe-signature": "t=1,v1=00"}, b"{}")
    assert status == 400
    status, _ = await cinema.send("POST", "/webhooks/stripe", {}, b"x" * 600_000)
    assert status == 413
