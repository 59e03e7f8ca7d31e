"""Many at once, on real connections to both stores. Whatever the order, no seat is had by two."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from itertools import combinations

from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.stage import Stage

ANA, BEN = customer("usr_ana"), customer("usr_ben")
SCANNER = staff("tickets:scan", role="box_office", cinemas=["cin_1"])


async def test_200_buyers_of_three_out_of_ten_seats_make_three_winners(any_stage: Stage) -> None:
    stage = any_stage
    contested = range(1, 20, 2)  # ten seats with gaps, so that any three of them may be chosen
    showtime_id = await stage.schedule(rows={"A": contested, "B": range(1, 11)})
    triples = [[f"A{number}" for number in three] for three in combinations(contested, 3)]
    shuffle = random.Random(7)
    wishes = triples + shuffle.choices(triples, k=200 - len(triples))
    shuffle.shuffle(wishes)

    payloads = await asyncio.gather(*[stage.hold(showtime_id, *wish) for wish in wishes])

    winners = [payload["hold"] for payload in payloads if payload["hold"]]
    taken = [seat["label"] for hold in winners for seat in hold["seats"]]
    assert len(winners) == 3
    assert len(set(taken)) == 9
    losers = [payload["errors"] for payload in payloads if not payload["hold"]]
    assert {error["code"] for errors in losers for error in errors} == {"SEATS_UNAVAILABLE"}
    for [error] in losers:
        assert len(error["alternatives"]) == 3
        assert {seat["status"] for seat in error["alternatives"]} == {"AVAILABLE"}
        assert error["seats"]
    assert await stage.broken() == []


async def test_an_expired_hold_is_taken_over_by_one_of_many(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    first = await stage.hold(showtime_id, "A1", "A2")
    stage.clock.advance(timedelta(minutes=10))

    payloads = await asyncio.gather(*[stage.hold(showtime_id, "A1", "A2") for _ in range(20)])

    assert sum(payload["hold"] is not None for payload in payloads) == 1
    placed = await stage.place(first["hold"]["token"])
    assert [error["code"] for error in placed["errors"]] == ["HOLD_EXPIRED"]
    assert await stage.broken() == []


async def test_a_ticket_scanned_at_many_gates_at_once_enters_once(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule(starts_in=timedelta(hours=1))
    order = await stage.buy(showtime_id, "A1", "A2", viewer=ANA)
    code = order["tickets"][0]["qrCode"]

    scans = await asyncio.gather(*[stage.check_in(SCANNER, code, f"nonce-000{n}") for n in range(10)])

    admitted = [scan for scan in scans if scan["errors"] == []]
    refused = [error["code"] for scan in scans for error in scan["errors"]]
    assert len(admitted) == 1
    assert refused == ["ALREADY_CHECKED_IN"] * 9
    assert len(await stage.said("ticket.checked_in")) == 1
    assert await stage.broken() == []


async def test_a_voucher_is_used_by_one_of_two_orders_at_once(any_stage: Stage) -> None:
    stage = any_stage
    showtime_id = await stage.schedule()
    await stage.issue_voucher("TEN-OFF", ANA)
    holds = [await stage.hold(showtime_id, *labels, viewer=ANA) for labels in (("A1", "A2"), ("A3", "A4"))]

    placed = await asyncio.gather(
        *[stage.place(held["hold"]["token"], viewer=ANA, voucher="TEN-OFF") for held in holds]
    )

    assert sum(payload["order"] is not None for payload in placed) == 1
    assert [error["code"] for payload in placed for error in payload["errors"]] == ["VOUCHER_INVALID"]
    assert await stage.broken() == []


async def test_a_sale_races_the_expiry_and_another_buyer(any_stage: Stage) -> None:
    stage = any_stage
    for round_ in range(6):
        showtime_id = await stage.schedule()
        order = await stage.order(showtime_id, "A1", "A2", viewer=ANA)
        stage.clock.advance(timedelta(minutes=10) - timedelta(microseconds=1))

        async def pass_the_end(turns: int = round_ * 2) -> None:
            for _ in range(turns):
                await asyncio.sleep(0)
            stage.clock.advance(timedelta(microseconds=1))

        async with asyncio.TaskGroup() as group:
            group.create_task(stage.authorize(order, f"pay_{round_}"))
            group.create_task(stage.service.expiry.sweep())
            group.create_task(pass_the_end())
            wish = group.create_task(stage.hold(showtime_id, "A1", "A2", viewer=BEN))

        status = (await stage.read_order(order["id"], viewer=ANA))["status"]
        refused = [e for e in await stage.said("order.sale_refused") if e.payload["order_id"] == order["id"]]
        assert (status, len(refused)) in {("CONFIRMED", 0), ("EXPIRED", 1)}
        if status == "CONFIRMED":
            assert wish.result()["hold"] is None
        assert await stage.broken() == []
