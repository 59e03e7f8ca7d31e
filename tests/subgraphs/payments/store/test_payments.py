"""Many at once, on real connections: one charge for an order, and never more given back than was taken."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from tests.subgraphs.payments.conftest import Cinema, clean

AT_ONCE = 20


async def test_equal_keys_at_once_make_one_charge(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    payloads = await asyncio.gather(*[any_cinema.pay(order_id) for _ in range(AT_ONCE)])
    assert {payload["payment"]["status"] for payload in payloads} == {"CAPTURED"}
    assert len({payload["payment"]["id"] for payload in payloads}) == 1
    [intent] = any_cinema.bank.store.all_intents()
    assert (intent["captures"], intent["received"]) == (1, 4800)
    await clean(any_cinema)


async def test_different_keys_at_once_make_one_charge(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    payloads = await asyncio.gather(
        *[any_cinema.pay(order_id, key=f"key-{number:08}") for number in range(AT_ONCE)]
    )
    paid = [payload for payload in payloads if payload["payment"] is not None]
    refused = [payload for payload in payloads if payload["payment"] is None]
    assert len({payload["payment"]["id"] for payload in paid}) == 1
    assert {error["code"] for payload in refused for error in payload["errors"]} <= {"ORDER_NOT_PAYABLE"}
    [intent] = any_cinema.bank.store.all_intents()
    assert (intent["captures"], intent["received"]) == (1, 4800)
    await clean(any_cinema)


async def test_refunds_at_once_never_exceed_what_was_taken(any_cinema: Cinema) -> None:
    payment = (await any_cinema.pay(await any_cinema.tickets.place()))["payment"]
    payloads = await asyncio.gather(
        *[any_cinema.refund(payment["id"], "5.00", key=f"key-{number:08}") for number in range(AT_ONCE)]
    )
    given = [payload for payload in payloads if not payload["errors"]]
    assert len(given) == 9, "nine times five of forty-eight"
    assert {payload["refund"]["status"] for payload in given} == {"COMPLETED"}
    assert {error["code"] for payload in payloads for error in payload["errors"]} == {
        "REFUND_EXCEEDS_PAYMENT"
    }
    [intent] = any_cinema.bank.store.all_intents()
    assert intent["refunded"] == 4500
    await clean(any_cinema)


async def test_the_whole_at_once_is_given_back_once(any_cinema: Cinema) -> None:
    payment = (await any_cinema.pay(await any_cinema.tickets.place()))["payment"]
    payloads = await asyncio.gather(
        *[any_cinema.refund(payment["id"], key=f"key-{number:08}") for number in range(AT_ONCE)],
        any_cinema.refund(payment["id"], "1.00", key="key-goodwill"),
    )
    given = sum(
        Decimal(payload["refund"]["amount"]["amount"])
        for payload in payloads
        if payload["refund"] is not None
    )
    assert given == Decimal("48.00")
    [intent] = any_cinema.bank.store.all_intents()
    assert intent["refunded"] == 4800
    await clean(any_cinema)


async def test_the_end_of_the_order_races_its_payment(any_cinema: Cinema) -> None:
    orders = [await any_cinema.tickets.place() for _ in range(AT_ONCE)]
    any_cinema.tickets.answers = False

    async def close(number: int, order_id: str) -> None:
        for _ in range(number):  # at a different moment of each payment
            await asyncio.sleep(0)
        await any_cinema.tickets.close_order(order_id)

    paying = [any_cinema.paying(order_id, key=f"key-{order_id}") for order_id in orders]
    await asyncio.gather(*[close(number * 5, order_id) for number, order_id in enumerate(orders)])
    payloads = await asyncio.gather(*paying)
    await any_cinema.service.idle()
    assert {payload["payment"]["status"] for payload in payloads if payload["payment"]} <= {"VOIDED"}
    assert {intent["status"] for intent in any_cinema.bank.store.all_intents()} <= {"canceled"}
    await clean(any_cinema)
