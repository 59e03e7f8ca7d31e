"""A whole evening, through the router's GraphQL only."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import pytest

from tests.eventually import eventually
from tests.marquee.running import Cinema, Client, showtimes, verify

pytestmark = pytest.mark.asyncio(loop_scope="session")
ORDER = """query ($id: ID!, $token: String) { order(id: $id, accessToken: $token) {
  id status total { amount currency } payment { status }
  tickets { id status qrCode qrSvg seat { label } } } }"""


async def buy(client: Client, showtime_id: str, count: int = 2, **order: Any) -> Any:
    """Hold, order and pay; the order's first answer."""
    hold = await client.hold(showtime_id, await client.best(showtime_id, count))
    placed = await client.order(hold, **order)
    paid = await client.pay(placed)
    assert paid["errors"] == []
    assert paid["payment"]["status"] == "CAPTURED"
    return placed


async def answered(client: Client, query: str, holds: Any, **variables: Any) -> Any:
    """The first answer for which `holds(data)`; events take a moment."""

    async def ask() -> Any:
        data = await client.get(query, **variables)
        return data if holds(data) else None

    return await eventually(ask, every=0.05)


async def test_from_registration_to_the_seat(guest: Client, cinema: Cinema) -> None:
    ana = await guest.register("ana.purchase@example.com", "Ana Quispe")
    found = await ana.get('{ movies(filter: {text: "metropolis"}) { nodes { id title(locale: ES) } } }')
    assert [movie["title"] for movie in found["movies"]["nodes"]] == ["Metrópolis"]
    showtime = (await showtimes(ana))[0]
    seats = await ana.best(showtime["id"], 2)
    hold = await ana.hold(showtime["id"], seats)
    assert {(seat["status"], seat["mine"]) for seat in hold["seats"]} == {("HELD", True)}
    order = await ana.order(hold)
    assert (order["status"], order["tickets"]) == ("PENDING_PAYMENT", [])
    declined = await ana.pay(order, "pm_card_chargeDeclined")
    assert [error["code"] for error in declined["errors"]] == ["CARD_DECLINED"]
    key = str(uuid4())
    paid = await ana.pay(order, key=key)
    again = await ana.pay(order, key=key)
    assert paid["errors"] == again["errors"] == []
    assert (paid["payment"]["status"], again["payment"]["id"]) == ("CAPTURED", paid["payment"]["id"])
    shown = (await ana.get(ORDER, id=order["id"]))["order"]
    assert (shown["status"], shown["payment"]["status"]) == ("CONFIRMED", "CAPTURED")
    assert len(shown["tickets"]) == 2
    assert all(ticket["qrSvg"].startswith("<svg") or "<svg" in ticket["qrSvg"] for ticket in shown["tickets"])
    told = await answered(
        ana,
        "{ me { notifications { nodes { kind title } } emails { nodes { subject html } } } }",
        lambda data: any(one["kind"] == "ORDER_CONFIRMED" for one in data["me"]["notifications"]["nodes"]),
    )
    assert any("Tus entradas" in mail["subject"] for mail in told["me"]["emails"]["nodes"])
    stranger = await guest.register("stranger.purchase@example.com")
    assert (await stranger.ask(ORDER, id=order["id"]))["data"]["order"] is None
    await asyncio.to_thread(verify, cinema.data_dir)


async def test_a_guest_buys_with_an_email_and_reads_with_the_access_token(guest: Client) -> None:
    showtime = (await showtimes(guest))[1]
    order = await buy(guest, showtime["id"], email="guest@example.com", locale="EN")
    assert (await guest.ask(ORDER, id=order["id"]))["data"]["order"] is None
    shown = (await guest.get(ORDER, id=order["id"], token=order["accessToken"]))["order"]
    assert len(shown["tickets"]) == 2


async def test_the_bank_asks_and_is_answered(guest: Client) -> None:
    ana = await guest.log_in("customer@marquee.test")
    showtime = (await showtimes(ana))[2]
    order = await ana.order(await ana.hold(showtime["id"], await ana.best(showtime["id"], 1)))
    payment = (await ana.pay(order, "pm_card_threeDSecureRequired"))["payment"]
    assert payment["status"] == "ACTION_REQUIRED"
    page = urljoin(ana.url, payment["nextAction"]["url"])
    async with ana.session.get(page) as response:
        assert response.status == 200
        html = await response.text()
    assert "<form" in html
    choice = {"decision": "authorise"}
    async with ana.session.post(page, data=choice) as response:
        assert response.status < 400, await response.text()
    confirmed = await ana.must("confirmPayment", "payment { status }", paymentId=payment["id"])
    assert confirmed["payment"]["status"] in {"AUTHORIZED", "CAPTURED"}
    await answered(ana, ORDER, lambda data: data["order"]["status"] == "CONFIRMED", id=order["id"])


async def test_a_cancelled_order_gives_the_money_and_the_seats_back(guest: Client, cinema: Cinema) -> None:
    ana = await guest.register("cancels@example.com")
    showtime = (await showtimes(ana, 20))[-1]
    order = await buy(ana, showtime["id"])
    await ana.must("cancelOrder", "order { status }", orderId=order["id"], idempotencyKey=str(uuid4()))
    done = await answered(ana, ORDER, lambda data: data["order"]["status"] == "REFUNDED", id=order["id"])
    assert {ticket["status"] for ticket in done["order"]["tickets"]} == {"REFUNDED"}
    assert done["order"]["payment"]["status"] in {"REFUNDED", "PARTIALLY_REFUNDED"}
    await asyncio.to_thread(verify, cinema.data_dir)


async def test_points_are_pending_until_the_film_begins_and_the_manager_sees_the_sale(guest: Client) -> None:
    bruno = await guest.register("bruno.points@example.com")
    await bruno.get("mutation { joinLoyalty { membership { tier } errors { code } } }")
    manager = await guest.log_in("manager@marquee.test")
    figures = "{ dashboard { ticketsSold revenue { amount currency } } }"
    before = (await manager.get(figures))["dashboard"]["ticketsSold"]
    showtime = (await showtimes(bruno))[3]
    await buy(bruno, showtime["id"])
    points = "{ me { membership { points pendingPoints tier } } }"
    shown = await answered(bruno, points, lambda data: data["me"]["membership"]["pendingPoints"] > 0)
    assert shown["me"]["membership"]["points"] == 0
    await answered(manager, figures, lambda data: data["dashboard"]["ticketsSold"] >= before + 2)


async def test_points_become_a_voucher_that_lowers_a_price(guest: Client) -> None:
    admin = await guest.log_in("admin@marquee.test")
    carla = await guest.register("carla.voucher@example.com")
    await carla.get("mutation { joinLoyalty { membership { tier } errors { code } } }")
    me = (await carla.get("{ me { id } }"))["me"]["id"]
    await admin.must(
        "adjustPoints",
        "membership { points }",
        userId=me,
        points=500,
        reason="thanks",
        idempotencyKey=str(uuid4()),
    )
    reward = await admin.must(
        "createReward", "reward { id }", name="Half", description="50 %", cost=400, kind="PERCENT", percent=50
    )
    redeemed = await carla.must(
        "redeemReward", "voucher { code }", rewardId=reward["reward"]["id"], idempotencyKey=str(uuid4())
    )
    code = redeemed["voucher"]["code"]
    showtime = (await showtimes(carla))[4]
    hold = await carla.hold(showtime["id"], await carla.best(showtime["id"], 2))
    query = """query ($id: ID!, $seats: [ID!]!, $code: String) {
      showtime(id: $id) { id quote(seatIds: $seats, voucher: $code) { total { amount } } } }"""
    seats = [seat["id"] for seat in hold["seats"]]
    full = (await carla.get(query, id=showtime["id"], seats=seats))["showtime"]["quote"]

    async def placed() -> Any:
        payload = await carla.do(
            "placeOrder", "order { id total { amount } }", holdToken=hold["token"], voucher=code,
            idempotencyKey=str(uuid4()),
        )  # fmt: skip
        return payload["order"]

    order = await eventually(placed, every=0.05)  # the voucher reaches tickets by event
    assert float(order["total"]["amount"]) < float(full["total"]["amount"])


async def test_a_card_that_never_answers_is_not_charged_twice(guest: Client, cinema: Cinema) -> None:
    dan = await guest.register("dan.timeout@example.com")
    showtime = (await showtimes(dan))[5]
    order = await dan.order(await dan.hold(showtime["id"], await dan.best(showtime["id"], 1)))
    first = await dan.pay(order, "pm_card_timeout")
    assert first["payment"]["status"] in {"UNKNOWN", "AUTHORIZED", "CAPTURED", "CREATED"}
    second = await dan.pay(order, "pm_card_visa")
    assert second["payment"] is None or second["payment"]["id"] == first["payment"]["id"]
    await asyncio.to_thread(verify, cinema.data_dir)
