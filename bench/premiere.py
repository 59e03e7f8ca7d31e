"""The first minute of a premiere: thousands of people want the best seats of one showtime at once.

Each looks, holds what is best, takes the alternative in the refusal when they were too late, pays, or goes
home when nothing is left; one in ten thinks better of it once. Others watch the seats change.
What is refused is counted by its code, what fails by its kind; nothing is tried again silently.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from string import ascii_uppercase
from typing import Any, Final
from uuid import uuid4

from bench.client import Answer, Client, Refused, client_of
from bench.counters import difference
from bench.figures import latencies, milliseconds, table
from bench.layouts import Cinema, Layout, load
from bench.sockets import Room

SEATS_IN_ROW: Final = 25
TRIES: Final = 8
"""So often one buyer is too late before giving up."""
CHANGES_MIND: Final = 10
PASSWORD: Final = "marquee-demo"  # of the demo's users, on a server of our own
SETTLED_TRIES: Final = 100
COUNTED: Final = (
    *("deadlocks", "writing transactions", "WAL bytes"),
    *("events published", "Redis messages published"),
)

LOGIN: Final = "mutation ($input: LoginInput!) { login(input: $input) { accessToken } }"
PLACES: Final = """{ cinemas(first: 1) { nodes { id currency } }
  movies(first: 1) { nodes { id } } }"""
BUILD: Final = """mutation ($input: CreateAuditoriumInput!) {
  createAuditorium(input: $input) { auditorium { id } errors { code message } } }"""
SCHEDULE: Final = """mutation ($input: CreateShowtimeInput!) {
  createShowtime(input: $input) { showtime { id } errors { code message } } }"""
BEST: Final = """query ($id: ID!, $count: Int!) {
  showtime(id: $id) { bestAvailable(count: $count) { id } } }"""
HOLD: Final = """mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) {
  hold { token seats { id } } errors { code message
    ... on SeatsUnavailable { alternatives { id } } ... on LonelySeat { alternatives { id } } } } }"""
RELEASE: Final = """mutation ($input: ReleaseHoldInput!) { releaseHold(input: $input) {
  errors { code message } } }"""
ORDER: Final = """mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) { order { id } errors { code message } } }"""
PAY: Final = """mutation ($input: PayOrderInput!) { payOrder(input: $input) {
  payment { id status } errors { code message } } }"""


@dataclass(slots=True)
class Evening:
    """What happened."""

    showtime_id: str
    started: float = field(default_factory=time.perf_counter)
    sold_out_after: float = 0.0
    held: Counter[str] = field(default_factory=Counter)
    """How often each seat was held and not given back, by seat."""
    paid: list[str] = field(default_factory=list)
    seconds_of: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    refusals: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    went: Counter[str] = field(default_factory=Counter)
    """How people's evening ended."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer of some seats side by side."""

    client: Client
    evening: Evening
    number: int

    async def come(self) -> None:
        """Buy, or go home."""
        count = 1 + self.number % 4
        seats = await self._look(count)
        thinks_again = self.number % CHANGES_MIND == 0
        for _ in range(TRIES):
            if not seats:
                self.evening.went["found it sold out"] += 1
                return
            answer = await self._ask(
                "holdSeats",
                HOLD,
                {"showtimeId": self.evening.showtime_id, "seatIds": seats, "idempotencyKey": str(uuid4())},
            )
            held = answer.payload("holdSeats")
            if held is None or not held.get("hold"):
                seats = _alternatives(held) or await self._look(count)
                continue
            if thinks_again:
                thinks_again = False
                await self._ask("releaseHold", RELEASE, {"holdToken": held["hold"]["token"]})
                seats = await self._look(count)
                continue
            self.evening.went["bought" if await self._pay(held["hold"]) else "did not get to pay"] += 1
            return
        self.evening.went["was too late every time"] += 1

    async def _look(self, count: int) -> list[str]:
        answer = await self._ask("bestAvailable", BEST, None, id=self.evening.showtime_id, count=count)
        if answer.data is None:
            return []
        return [seat["id"] for seat in answer.data["showtime"]["bestAvailable"]]

    async def _pay(self, hold: dict[str, Any]) -> bool:
        seats = [seat["id"] for seat in hold["seats"]]
        self.evening.held.update(seats)
        ordered = await self._ask(
            "placeOrder",
            ORDER,
            {
                "holdToken": hold["token"],
                "email": f"guest{self.number}@example.com",
                "locale": "EN",
                "idempotencyKey": str(uuid4()),
            },
        )
        placed = ordered.payload("placeOrder")
        if placed is None or not placed["order"]:
            return False
        key = str(uuid4())
        for _ in range(TRIES):
            paying = await self._ask(
                "payOrder",
                PAY,
                {"orderId": placed["order"]["id"], "paymentMethod": "pm_card_visa", "idempotencyKey": key},
            )
            paid = paying.payload("payOrder")
            if paid is not None and paid["payment"] and paid["payment"]["status"] == "CAPTURED":
                self.evening.paid += seats
                self.evening.sold_out_after = time.perf_counter() - self.evening.started
                return True
            if paid is not None and paid["payment"]:
                self.evening.refusals[f"payOrder: still {paid['payment']['status']}, asked again"] += 1
        return False

    async def _ask(self, step: str, query: str, given: dict[str, Any] | None, **variables: Any) -> Answer:
        if given is not None:
            variables["input"] = given
        started = time.perf_counter()
        answer = await self.client.attempt(query, **variables)
        self.evening.seconds_of[step].append(time.perf_counter() - started)
        for failure in answer.failures:
            self.evening.failures[f"{step}: {failure}"] += 1
        payload = answer.payload(step)
        for error in (payload or {}).get("errors", ()):
            self.evening.refusals[f"{step}: {error['code']}"] += 1
        return answer


def _alternatives(payload: dict[str, Any] | None) -> list[str]:
    for error in (payload or {}).get("errors", ()):
        if error.get("alternatives"):
            return [seat["id"] for seat in error["alternatives"]]
    return []


async def measure(layout: Layout, buyers: int, at_once: int, seats: int, watchers: int) -> str:
    """The report on one premiere. Raises `Refused`, `ServerFailed`."""
    return await load(layout, lambda cinema: _premiere(cinema, buyers, at_once, seats, watchers))


async def _premiere(cinema: Cinema, buyers: int, at_once: int, seats: int, watchers: int) -> str:
    await cinema.settled()
    async with client_of(cinema.url, at_once) as client:
        for rehearsal in (await _open_showtime(client, 100, 1), await _open_showtime(client, 100, 1)):
            await _sell(client, Evening(rehearsal), 60, min(at_once, 16))
        showtime_id = await _open_showtime(client, seats, 2)
        room = Room(cinema.router_url.removeprefix("http://"), showtime_id)
        await room.fill(watchers)
        await cinema.settled()
        cpu, counted = cinema.cpu_seconds(), await cinema.counters()
        evening = Evening(showtime_id)
        await _sell(client, evening, buyers, at_once)
        elapsed = time.perf_counter() - evening.started
        await cinema.settled()
        used = {name: spent - cpu[name] for name, spent in cinema.cpu_seconds().items()}
        counters = difference(counted, await cinema.counters())
        room.close()
    _check(evening)
    return _report(evening, seats, watchers, elapsed, used, counters)


async def _sell(client: Client, evening: Evening, buyers: int, at_once: int) -> None:
    waiting = iter(range(buyers))

    async def doors() -> None:
        for number in waiting:
            await Buyer(client, evening, number).come()

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(doors())


def _check(evening: Evening) -> None:
    """Raises `Refused` when a seat was sold twice."""
    twice = [seat for seat, times in evening.held.items() if times > 1]
    if twice or len(evening.paid) != len(set(evening.paid)):
        raise Refused(f"seats were held or sold twice: {twice}")


async def _open_showtime(client: Client, seats: int, days: int) -> str:
    """Build a new auditorium with that many seats and put a film on; answers once it is on sale."""
    login = await client.ask(LOGIN, input={"email": "admin@marquee.test", "password": PASSWORD})
    admin = client.authorized(login["login"]["accessToken"])
    known = await admin.ask(PLACES)
    (cinema,), (movie,) = known["cinemas"]["nodes"], known["movies"]["nodes"]
    rows = [
        {"label": ascii_uppercase[row], "seats": min(SEATS_IN_ROW, seats - row * SEATS_IN_ROW)}
        for row in range(-(-seats // SEATS_IN_ROW))
    ]
    name = f"Premiere {uuid4().hex[:8]}"
    room = {"cinemaId": cinema["id"], "name": name, "rows": rows}
    built = await admin.ask(BUILD, input=room)
    day = datetime.now(UTC) + timedelta(days=days)
    showing = {
        "movieId": movie["id"],
        "auditoriumId": built["createAuditorium"]["auditorium"]["id"],
        "startsAt": day.replace(minute=0, second=0, microsecond=0).isoformat(),
        "basePrice": {"amount": "20.00", "currency": cinema["currency"]},
        "language": "en",
    }
    made = await admin.ask(SCHEDULE, input=showing)
    showtime_id: str = made["createShowtime"]["showtime"]["id"]
    for _ in range(SETTLED_TRIES):
        seen = await client.attempt(BEST, id=showtime_id, count=1)
        if seen.data and seen.data["showtime"] and seen.data["showtime"]["bestAvailable"]:
            return showtime_id
        await asyncio.sleep(0.1)
    raise Refused("the premiere did not come on sale")


def _report(
    evening: Evening,
    seats: int,
    watchers: int,
    elapsed: float,
    used: dict[str, float],
    counters: dict[str, float],
) -> str:
    sold, after = len(evening.paid), evening.sold_out_after
    whole = sum(used.values())
    steps = [
        (name, str(len(seconds)), *latencies(seconds), milliseconds(max(seconds)))
        for name, seconds in evening.seconds_of.items()
    ]
    head = (
        f"{sold} of {seats} seats sold and paid in {after:.1f} s: **{sold / after:.0f} seats a second**;"
        f" the last of all buyers had gone after {elapsed:.1f} s. {watchers} people watched."
        f" No seat was anybody's twice. CPU of the server: {whole:.1f} s."
    )
    parts = [
        head,
        table(["step", "times", "p50 ms", "p99 ms", "worst ms"], steps),
        table(["how it ended", "people"], _counted(evening.went)),
        table(["refused with a type, and failed", "times"], _all_troubles(evening)),
    ]
    if counters:
        parts.append(table(["counted", "in all"], [(name, f"{counters[name]:,.0f}") for name in COUNTED]))
        most = sorted(used.items(), key=lambda each: -each[1])[:8]
        parts.append(table(["process", "CPU s"], [(name, f"{spent:.1f}") for name, spent in most]))
    return "\n\n".join(parts)


def _all_troubles(evening: Evening) -> Sequence[tuple[str, str]]:
    failed = Counter({f"FAILED {name}": count for name, count in evening.failures.items()})
    return _counted(evening.refusals + failed) or [("nothing", "0")]


def _counted(counter: Counter[str]) -> list[tuple[str, str]]:
    return [(name, f"{count:,}") for name, count in counter.most_common()]
