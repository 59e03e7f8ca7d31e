"""Several replicas carry one queue on PostgreSQL: each message once, whoever dies; no for good is no."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.events import EmbeddedBroker
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.notifications.adapters.carrier import DeliveryRefused
from marquee_subgraphs.notifications.app import build
from marquee_subgraphs.notifications.domain.records import CLAIM, MessageRecord
from tests.subgraphs.conftest import StoreRuntime
from tests.subgraphs.incoming_events import emit, make_event

PEOPLE = 40
REPLICAS = 3


@dataclass(slots=True)
class Carrier:
    """Takes messages; refuses all, or hangs with the first, when told."""

    taken: Counter[str]
    refusal: Exception | None = None
    hangs: bool = False
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def carry(self, message: MessageRecord) -> None:
        """Take one."""
        if self.hangs:
            self.reached.set()
            await asyncio.Event().wait()
        if self.refusal is not None:
            raise self.refusal
        await asyncio.sleep(0)
        self.taken[message.recipient] += 1


@dataclass(slots=True)
class House:
    """The replicas, and what was carried by all of them."""

    runtime: Runtime
    clock: FrozenClock
    taken: Counter[str]
    replicas: list[Subgraph]
    carriers: list[Carrier]

    async def welcome(self, people: int) -> None:
        """So many people register, each to be written one mail."""
        events = [
            make_event(
                self.runtime,
                "user.registered",
                {
                    "user_id": f"usr_{number}",
                    "name": "Ana",
                    "email": f"a{number}@example.com",
                    "locale": "es",
                },
                aggregate_id=f"usr_{number}",
            )
            for number in range(people)
        ]
        await emit(self.runtime, *events)

    async def carry(self) -> None:
        """Every replica has its round, at the same time."""
        await asyncio.gather(*[replica.service.delivery.carry() for replica in self.replicas])

    async def rows(self) -> list[Any]:
        """Status, attempts and failure of every message."""
        database = self.replicas[0].database
        assert database is not None
        async with database.read() as connection:
            rows = await connection.execute(text("SELECT status, attempts, failure FROM messages"))
            return [tuple(row) for row in rows]


@pytest.fixture
async def house(
    postgres_url: str, runtime: Runtime, clock: FrozenClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """Replicas that carry when told; the first hears events, the others have brokers that are silent."""
    monkeypatch.setattr("marquee_subgraphs.notifications.app.CARRY_EVERY_SECONDS", 3_600.0)
    taken: Counter[str] = Counter()
    carriers = [Carrier(taken) for _ in range(REPLICAS)]
    async with AsyncExitStack() as stack:
        replicas = []
        for number, carrier in enumerate(carriers):
            broker = runtime.broker
            if number:
                broker = await EmbeddedBroker.open(tmp_path / f"silent_{number}.sqlite", clock=clock)
                stack.push_async_callback(broker.close)
            own = StoreRuntime(
                settings=runtime.settings,
                clock=clock,
                broker=broker,
                identity=runtime.identity,
                store_url=postgres_url,
            )
            replica = build(dataclasses.replace(own), mailer=carrier)
            await replica.start()
            stack.push_async_callback(replica.stop)
            replicas.append(replica)
        yield House(runtime, clock, taken, replicas, carriers)


async def test_each_message_is_carried_by_one(house: House) -> None:
    await house.welcome(PEOPLE)
    await house.carry()
    assert house.taken == Counter({f"a{number}@example.com": 1 for number in range(PEOPLE)})
    assert set(await house.rows()) == {("SENT", 1, None)}
    house.clock.advance(timedelta(days=1))
    await house.carry()
    assert house.taken.total() == PEOPLE


async def test_what_a_dead_replica_had_is_carried_by_another_when_its_claim_is_over(house: House) -> None:
    house.carriers[0].hangs = True
    await house.welcome(PEOPLE)
    dying = asyncio.create_task(house.replicas[0].service.delivery.carry())
    await house.carriers[0].reached.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    alive = House(house.runtime, house.clock, house.taken, house.replicas[1:], house.carriers[1:])
    await alive.carry()
    assert PEOPLE - 4 <= house.taken.total() < PEOPLE, "what the dead one had is not touched yet"
    house.clock.advance(CLAIM + timedelta(seconds=1))
    await alive.carry()
    assert house.taken == Counter({f"a{number}@example.com": 1 for number in range(PEOPLE)})


async def test_what_was_taken_stays_sent_though_the_claim_was_over(house: House) -> None:
    house.carriers[0].hangs = True
    await house.welcome(1)
    late = asyncio.create_task(house.replicas[0].service.delivery.carry())
    await house.carriers[0].reached.wait()
    house.clock.advance(CLAIM + timedelta(seconds=1))
    await house.replicas[1].service.delivery.carry()
    late.cancel()
    await asyncio.gather(late, return_exceptions=True)
    house.clock.advance(timedelta(days=1))
    house.carriers[0].hangs = False
    await house.carry()
    assert house.taken.total() == 1


async def test_no_for_good_is_recorded_and_not_tried_again(house: House) -> None:
    for carrier in house.carriers:
        carrier.refusal = DeliveryRefused("550 no such reader")
    await house.welcome(1)
    for _ in range(3):
        await house.carry()
        house.clock.advance(timedelta(days=1))
    assert await house.rows() == [("FAILED", 1, "DeliveryRefused: 550 no such reader")]


async def test_no_for_now_is_tried_with_growing_pauses_and_then_given_up(house: House) -> None:
    for carrier in house.carriers:
        carrier.refusal = ConnectionRefusedError("nobody listens")
    await house.welcome(1)
    await house.carry()
    for tried, pause in enumerate((5, 60, 600, 3_600, 21_600), 1):
        assert [row[:2] for row in await house.rows()] == [("QUEUED", tried)]
        house.clock.advance(timedelta(seconds=pause - 1))
        await house.carry()
        assert [row[:2] for row in await house.rows()] == [("QUEUED", tried)], "not before its time"
        house.clock.advance(timedelta(seconds=1))
        await house.carry()
    assert [row[:2] for row in await house.rows()] == [("FAILED", 6)]
    assert (await house.rows())[0][2] == "ConnectionRefusedError: nobody listens"
