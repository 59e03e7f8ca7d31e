"""A bank that does not answer: the payment is unknown, found out by its key, and never made twice."""

from __future__ import annotations

from datetime import timedelta

from tests.subgraphs.payments.conftest import Cinema

CARD = "pm_card_timeout"


async def test_a_lost_answer_is_unknown_and_found_out(impatient_cinema: Cinema) -> None:
    cinema = impatient_cinema
    order_id = await cinema.tickets.place()
    payload = await cinema.pay(order_id, CARD)
    assert payload["payment"]["status"] == "UNKNOWN"
    assert [error["code"] for error in payload["errors"]] == ["PAYMENT_UNKNOWN"]

    other = await cinema.pay(order_id, "pm_card_visa", key="key-00000002")
    assert other["payment"]["id"] == payload["payment"]["id"], "no other payment before it is found out"

    cinema.clock.advance(timedelta(seconds=10))
    assert await cinema.service.reconciliation.start_due_work() == 1
    await cinema.tickets.hears("payment.captured")
    await cinema.service.idle()
    same = await cinema.pay(order_id, CARD)
    assert (same["payment"]["id"], same["payment"]["status"]) == (payload["payment"]["id"], "CAPTURED")
    assert same["errors"] == []
    [intent] = cinema.bank.store.all_intents()
    assert (intent["captures"], intent["received"]) == (1, 4800)


async def test_what_was_reserved_unknown_is_let_go_when_the_order_ends(impatient_cinema: Cinema) -> None:
    cinema = impatient_cinema
    order_id = await cinema.tickets.place()
    await cinema.pay(order_id, CARD)
    await cinema.tickets.close_order(order_id)
    await cinema.tickets.hears("payment.voided")
    assert [intent["status"] for intent in cinema.bank.store.all_intents()] == ["canceled"]
    assert "payment.authorized" not in cinema.tickets.names()
