"""Paying an order: every card, and who may."""

from __future__ import annotations

import pytest

from tests.subgraphs.payments.conftest import Cinema


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_mastercard"])
async def test_an_accepted_card_pays_the_order(any_cinema: Cinema, method: str) -> None:
    order_id = await any_cinema.tickets.place()
    payload = await any_cinema.pay(order_id, method)
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
