"""Whole purchases by concurrent guests: the best seat, held, ordered, paid.

Each guest has showtimes of their own, so nobody is refused a seat; races for seats are the tests' matter.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

from bench.client import Client, Refused, client_of
from bench.counters import difference
from bench.figures import latencies, milliseconds, table
from bench.layouts import Cinema, Layout, load
from bench.programme import repeat

PAGE: Final = 100
WARM_UP_SECONDS: Final = 2.0
SOON: Final = 10
"""So many of the next showtimes are left out: their sale may end during the run."""

SHOWTIMES: Final = """query ($first: Int!, $after: String) {
  showtimes(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } }"""
BEST: Final = "query ($id: ID!) { showtime(id: $id) { bestAvailable(count: 1) { id } } }"
HOLD: Final = """mutation ($input: HoldSeatsInput!) {
  holdSeats(input: $input) { hold { token expiresAt } errors { code message } } }"""
ORDER: Final = """mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id total { amount currency } } errors { code message } } }"""
PAY: Final = """mutation ($input: PayOrderInput!) {
  payOrder(input: $input) { payment { id status } errors { code message } } }"""


@dataclass(slots=True)
class Sales:
    """What was bought, and how long each step took in seconds."""

    started: float = field(default_factory=time.perf_counter)
    ended: float = 0.0
    seconds_of: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def count(self) -> int:
        return len(self.seconds_of["whole purchase"])


@dataclass(frozen=True, slots=True)
class Buyer:
    """A guest who buys one seat after another."""

    client: Client
    showtime_ids: list[str]
    sales: Sales

    async def buy_until(self, deadline: float) -> None:
        """Buy until the clock says so; what was begun is finished. Raises `Refused`."""
        turn = 0
        while time.perf_counter() < deadline:
            started = time.perf_counter()
            await self._buy(self.showtime_ids[turn % len(self.showtime_ids)])
            self._note("whole purchase", started)
            turn += 1

    async def _buy(self, showtime_id: str) -> None:
        found = await self._step("bestAvailable", BEST, id=showtime_id)
        seats = [seat["id"] for seat in found["showtime"]["bestAvailable"]]
        if not seats:
            raise Refused(f"{showtime_id} is sold out: give fewer --seconds, or an emptier cinema")
        held = await self._do("holdSeats", HOLD, showtimeId=showtime_id, seatIds=seats)
        placed = await self._do(
            "placeOrder", ORDER, holdToken=held["hold"]["token"], email="guest@example.com", locale="EN"
        )
        paid = await self._do("payOrder", PAY, orderId=placed["order"]["id"], paymentMethod="pm_card_visa")
        if paid["payment"]["status"] != "CAPTURED":
            raise Refused(f"the payment is {paid['payment']['status']}")

    async def _do(self, mutation: str, query: str, **given: str | list[str]) -> Any:
        answer = await self._step(mutation, query, input={**given, "idempotencyKey": str(uuid4())})
        payload = answer[mutation]
        if payload["errors"]:
            raise Refused(f"{mutation}: {payload['errors']}")
        return payload

    async def _step(self, name: str, query: str, **variables: Any) -> Any:
        started = time.perf_counter()
        data = await self.client.ask(query, **variables)
        self._note(name, started)
        return data

    def _note(self, name: str, started: float) -> None:
        self.sales.seconds_of[name].append(time.perf_counter() - started)


async def measure(url: str | None, layout: Layout, seconds: float, buyers: int, times: int) -> str:
    """The report on purchases at `url`, or at a cinema of its own with `times` the demo's showtimes.

    Raises `Refused`, `ServerFailed`.
    """
    if url is not None:
        async with client_of(url.rstrip("/"), buyers) as client:
            return _report(await _sell(client, seconds, buyers), buyers)
    return await load(layout, lambda cinema: _measure_own(cinema, seconds, buyers, times))


async def _measure_own(cinema: Cinema, seconds: float, buyers: int, times: int) -> str:
    await cinema.settled()
    async with client_of(cinema.url, buyers) as client:
        if times > 1:
            await repeat(client, times)
        await _sell(client, WARM_UP_SECONDS, buyers)
        await cinema.settled()
        idle = await cinema.idle()
        before, counted, clock = cinema.cpu_seconds(), await cinema.counters(), time.perf_counter()
        sales = await _sell(client, seconds, buyers)
        answered = cinema.cpu_seconds()
        await cinema.settled()
        after, elapsed = cinema.cpu_seconds(), time.perf_counter() - clock
        counters = difference(counted, await cinema.counters())
    used = {name: after[name] - before[name] - idle[name] * elapsed for name in after}
    whole, late = sum(used.values()), sum(after.values()) - sum(answered.values())
    share = (sum(answered.values()) - sum(before.values())) / (sales.ended - sales.started)
    parts = [
        _report(sales, buyers),
        f"CPU of the server: {milliseconds(whole / sales.count)} ms a purchase, events and mail included"
        f" ({milliseconds(late / sales.count)} ms of it after the last answer), what it uses when idle not;"
        f" it had {share:.0%} of a core while guests bought.",
    ]
    if len(used) > 1:
        rows = [
            (name, milliseconds(spent / sales.count), f"{spent / whole:.0%}", f"{idle[name]:.1%}")
            for name, spent in sorted(used.items(), key=lambda each: -each[1])
        ]
        parts.append(table(["process", "CPU ms a purchase", "share", "idle, of a core"], rows))
    if counters:
        counts = [(name, f"{count / sales.count:,.1f}") for name, count in counters.items()]
        parts.append(table(["counted", "a purchase"], counts))
    return "\n\n".join(parts)


async def _sell(client: Client, seconds: float, buyers: int) -> Sales:
    showtime_ids = await _showtime_ids(client)
    if len(showtime_ids) < buyers:
        raise Refused(f"{len(showtime_ids)} showtimes are too few for {buyers} buyers")
    sales = Sales()
    async with asyncio.TaskGroup() as group:
        for place in range(buyers):
            buyer = Buyer(client, showtime_ids[place::buyers], sales)
            group.create_task(buyer.buy_until(sales.started + seconds))
    sales.ended = time.perf_counter()
    return sales


async def _showtime_ids(client: Client) -> list[str]:
    ids: list[str] = []
    after: str | None = None
    while True:
        page = (await client.ask(SHOWTIMES, first=PAGE, after=after))["showtimes"]
        ids += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            return ids[SOON:]
        after = page["pageInfo"]["endCursor"]


def _report(sales: Sales, buyers: int) -> str:
    elapsed = sales.ended - sales.started
    rows = [(name, *latencies(seconds)) for name, seconds in sales.seconds_of.items()]
    return (
        f"{sales.count} purchases of one seat by {buyers} guests in {elapsed:.1f} s:"
        f" {sales.count / elapsed:.1f} a second.\n\n" + table(["step", "p50 ms", "p99 ms"], rows)
    )
