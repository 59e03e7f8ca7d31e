"""SIGKILL in the middle of fifty purchases: nothing acknowledged is lost, nothing is charged for nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from tests.eventually import eventually
from tests.marquee.running import Cinema, Client, showtimes, verify

pytestmark = pytest.mark.fault
BUYERS = 50
MINE = """{ me { payments(first: 100) { nodes { id status order { id status tickets { id status } } } } } }"""
OVER = frozenset({"CAPTURED", "FAILED", "VOIDED", "REFUNDED", "PARTIALLY_REFUNDED"})


async def _buy(client: Client, showtime_id: str, acknowledged: list[str]) -> None:
    """Buy two seats; notes the order once the capture was acknowledged."""
    hold = await client.hold(showtime_id, await client.best(showtime_id, 2))
    order = await client.order(hold)
    paid = await client.pay(order)
    if paid["payment"] and paid["payment"]["status"] == "CAPTURED":
        acknowledged.append(order["id"])


async def _attempt(client: Client, showtime_id: str, acknowledged: list[str]) -> None:
    try:
        await _buy(client, showtime_id, acknowledged)
    except (aiohttp.ClientError, AssertionError, KeyError, ValueError):
        return  # the server died, or another buyer was faster


@pytest.mark.parametrize("enough", [1, 12])
async def test_killed_in_the_middle_of_fifty_purchases(tmp_path: Path, enough: int) -> None:
    acknowledged: list[str] = []
    email = f"{uuid4().hex[:12]}@example.com"
    async with Cinema(tmp_path) as cinema, cinema.guest() as guest:
        buyer = await guest.register(email)
        chosen = await showtimes(buyer, 60)
        buying = [
            asyncio.create_task(_attempt(buyer, chosen[index % len(chosen)]["id"], acknowledged))
            for index in range(BUYERS)
        ]
        # Any number of purchases may be half done when the process dies.
        await eventually(lambda: len(acknowledged) >= enough, seconds=30, every=0.001)
        await cinema.kill()
        await asyncio.gather(*buying)
    async with Cinema(tmp_path) as cinema, cinema.guest() as guest:
        payload = await guest.must("login", "accessToken", email=email, password="a quiet evening")
        buyer = Client(guest.session, guest.url, payload["accessToken"])
        payments = await _settled(buyer)
    captured = {payment["order"]["id"]: payment for payment in payments if payment["status"] == "CAPTURED"}
    assert set(acknowledged) <= set(captured), "nothing acknowledged is lost"
    for payment in captured.values():
        assert payment["order"]["status"] == "CONFIRMED"
        assert [ticket["status"] for ticket in payment["order"]["tickets"]] == ["VALID", "VALID"]
    verify(tmp_path)


async def _settled(buyer: Client) -> list[Any]:
    """The buyer's payments, once every one has come to its end."""

    payments: list[Any] = []

    async def have_ended() -> bool:
        payments[:] = (await buyer.get(MINE))["me"]["payments"]["nodes"]
        return all(payment["status"] in OVER for payment in payments)

    await eventually(have_ended, seconds=30, every=0.1)
    return payments
