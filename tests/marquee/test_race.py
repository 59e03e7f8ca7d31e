"""Two hundred buyers want the same ten seats: each seat is sold once, and who loses learns where to sit."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from tests.marquee.running import Cinema, Client, showtimes, verify

pytestmark = pytest.mark.asyncio(loop_scope="session")
BUYERS = 200
HOLD = """mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) {
  hold { token seats { id } }
  errors { code ... on SeatsUnavailable { seats { id } alternatives { id } } } } }"""
ROW = "query ($id: ID!) { showtime(id: $id) { id seatMap { seats { id row number status } } } }"


async def _attempt(guest: Client, showtime_id: str, seats: list[str]) -> dict[str, Any]:
    """Hold three seats, and buy them when they were free."""
    given = {"showtimeId": showtime_id, "seatIds": seats, "idempotencyKey": str(uuid4())}
    payload: dict[str, Any] = (await guest.get(HOLD, input=given))["holdSeats"]
    if payload["hold"]:
        order = await guest.order(payload["hold"], email=f"{uuid4().hex[:12]}@example.com")
        paid = await guest.pay(order)
        assert paid["errors"] == []
        assert paid["payment"]["status"] == "CAPTURED"
    return payload


async def test_no_seat_is_sold_twice_and_losers_are_shown_a_way_out(guest: Client, cinema: Cinema) -> None:
    showtime = (await showtimes(guest, 40))[12]["id"]
    seats = (await guest.get(ROW, id=showtime))["showtime"]["seatMap"]["seats"]
    row = [seat["id"] for seat in seats if seat["row"] == "C" and seat["status"] == "AVAILABLE"][:10]
    # Threes that leave no seat of the ten alone, so that only the race decides.
    threes = [row[0:3], row[2:5], row[3:6], row[5:8], row[6:9]]
    payloads = await asyncio.gather(
        *(_attempt(guest, showtime, threes[buyer % len(threes)]) for buyer in range(BUYERS))
    )
    sold = Counter(seat["id"] for payload in payloads if payload["hold"] for seat in payload["hold"]["seats"])
    assert sold
    assert set(sold.values()) == {1}
    lost = [error for payload in payloads for error in payload["errors"]]
    unavailable = [error for error in lost if error["code"] == "SEATS_UNAVAILABLE"]
    assert len(unavailable) >= BUYERS - len(threes) * 20
    assert all(len(error["alternatives"]) == 3 for error in unavailable)
    assert {error["code"] for error in lost} <= {"SEATS_UNAVAILABLE", "LONELY_SEAT"}
    after = (await guest.get(ROW, id=showtime))["showtime"]["seatMap"]["seats"]
    assert {seat["id"] for seat in after if seat["status"] == "SOLD"} >= set(sold)
    await asyncio.to_thread(verify, cinema.data_dir)
