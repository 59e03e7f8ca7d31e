"""A premiere night: a hundred people want the last seats, and two replicas of everything sell them."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from deploy.local import LocalStack
from tests.faults.books import Books, check
from tests.faults.buying import Crowd
from tests.marquee.running import Client

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
BUYERS = 100
ROW = "query ($id: ID!) { showtime(id: $id) { seatMap { seats { id row status } } } }"


async def test_each_of_the_last_seats_is_sold_once(
    stack: LocalStack, crowd: Crowd, programme: list[str], guest: Client
) -> None:
    showtime = programme[-1]
    seats = (await guest.get(ROW, id=showtime))["showtime"]["seatMap"]["seats"]
    row = [seat["id"] for seat in seats if seat["row"] == "C" and seat["status"] == "AVAILABLE"][:10]
    # Threes that leave no seat of the ten alone, so that only the race decides.
    threes = [row[0:3], row[2:5], row[3:6], row[5:8], row[6:9]]
    night = [crowd.purchase(number, [showtime], wanted=threes[number % 5]) for number in range(BUYERS)]
    await asyncio.gather(*(purchase.make() for purchase in night))
    winners = [purchase for purchase in night if purchase.hold]
    assert winners
    assert all(purchase.acknowledged for purchase in winners), crowd.ends()
    assert {purchase.refused for purchase in night if not purchase.hold} <= {
        "SEATS_UNAVAILABLE",
        "LONELY_SEAT",
        "TOO_MANY_SEATS",
    }
    assert set(Counter(seat for purchase in winners for seat in purchase.seats).values()) == {1}
    assert crowd.troubles == {}
    await check(stack, crowd)
    sold = await Books(stack).rows(
        "tickets", "SELECT label FROM seats WHERE showtime_id = $1 AND status = 'SOLD'", showtime
    )
    assert {f"{showtime}:{seat['label']}" for seat in sold} >= set().union(*(each.seats for each in winners))
