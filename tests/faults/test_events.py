"""Events that come twice, in the wrong order, broken or too late, straight from RabbitMQ."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import aio_pika
import orjson
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from deploy.local import LocalStack
from marquee.event_queues import EVENT_QUEUES
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.events.rabbitmq.address import Address
from marquee_subgraphs.kit.events.rabbitmq.messages import dead_message, event_message
from marquee_subgraphs.kit.events.rabbitmq.topology import Topology
from tests.eventually import eventually
from tests.faults.books import OWNER, Books, caught_up, check
from tests.faults.buying import Crowd

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
QUEUES = {queue: frozenset(types) for queue, types in EVENT_QUEUES.items()}
EFFECTS = {
    "tickets": ("orders", "tickets", "refunds", "seats", "vouchers"),
    "payments": ("payments", "payment_events", "refunds", "orders"),
    "notifications": ("messages", "notifications"),
    "loyalty": ("ledger", "accruals", "memberships"),
    "analytics": ("sales", "daily_sales", "seats", "visits"),
}
SHUFFLED = random.Random(20261124)
HUGE_BYTES = 4_000_000


@asynccontextmanager
async def wire(stack: LocalStack) -> AsyncIterator[tuple[AbstractChannel, Topology]]:
    """A channel of one's own to the broker, and the names there."""
    address = Address.parse(stack.environment("tickets")["MARQUEE_AMQP_URL"])
    async with await aio_pika.connect(address.url) as connection, connection.channel() as channel:
        yield channel, Topology(address.prefix, QUEUES)


async def outbox(stack: LocalStack) -> list[Envelope]:
    """Every event that was ever said."""
    events = []
    for subgraph in EVENT_QUEUES:
        rows = await Books(stack).rows(subgraph, "SELECT event FROM outbox ORDER BY sequence")
        events += [Envelope.from_json(row["event"]) for row in rows]
    return events


async def effects(stack: LocalStack) -> dict[str, list[str]]:
    """All rows that events lead to, as text, without the times of the next look at them."""
    found = {}
    for subgraph, tables in EFFECTS.items():
        for table in tables:
            row = "to_jsonb(t) - '{attempts,due_at,updated_at}'::text[]"
            query = f"SELECT ({row})::text AS line FROM {table} t ORDER BY 1"  # noqa: S608  # the names above
            rows = await Books(stack).rows(subgraph, query)
            found[f"{subgraph}.{table}"] = [row["line"] for row in rows]
    return found


async def publish(stack: LocalStack, events: Sequence[Envelope]) -> None:
    """To the exchange, as a relay does."""
    async with wire(stack) as (channel, topology):
        exchange = await channel.get_exchange(topology.exchange)
        for event in events:
            await exchange.publish(event_message(event), topology.routing_key(event), mandatory=False)


async def test_events_said_again_in_any_order_change_nothing(
    stack: LocalStack, crowd: Crowd, programme: list[str]
) -> None:
    bought = await crowd.buy(10, programme)
    await check(stack, crowd)
    before = await effects(stack)
    ids = {purchase.order["id"] for purchase in bought}
    again = [event for event in await outbox(stack) if ids & set(map(str, event.payload.values()))]
    assert len(again) > 5 * len(bought)
    SHUFFLED.shuffle(again)
    await publish(stack, again)
    await taken(stack)
    after = await effects(stack)
    changed = {name: set(after[name]) ^ set(before[name]) for name in before if before[name] != after[name]}
    assert changed == {}
    await check(stack, crowd)


async def taken(stack: LocalStack) -> None:
    """Wait until nothing is left in any queue of a consumer."""
    async with wire(stack) as (channel, topology), asyncio.timeout(30):
        names = [
            topology.partition_queue(queue, number)
            for queue in QUEUES
            for number in range(topology.partitions)
        ]

        async def are_empty() -> bool:
            return not sum([await waiting(channel, name) for name in names])

        await eventually(are_empty, seconds=30, every=0.1)


async def waiting(channel: AbstractChannel, queue: str) -> int:
    """How many messages are ready in a queue."""
    declared = await channel.declare_queue(queue, passive=True)
    return declared.declaration_result.message_count or 0


async def test_consumers_that_hear_everything_late_twice_and_shuffled_agree_in_the_end(
    stack: LocalStack, crowd: Crowd, programme: list[str]
) -> None:
    late = [
        process
        for name, process in stack.processes.items()
        if name.startswith(("loyalty", "analytics", "notifications"))
    ]
    await asyncio.gather(*(process.kill() for process in late))
    await crowd.buy(10, programme)
    async with wire(stack) as (channel, topology):
        for consumer in ("loyalty", "analytics", "notifications"):
            for number in range(topology.partitions):
                await shuffle(channel, topology.partition_queue(consumer, number))
    await asyncio.gather(*(process.start() for process in late))
    await check(stack, crowd)


async def drain(channel: AbstractChannel, name: str) -> list[AbstractIncomingMessage]:
    """Take every message out of a queue without a consumer; `get` does not work on such queues."""
    count = await waiting(channel, name)
    if not count:
        return []
    queue = await channel.get_queue(name)
    found: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    tag = await queue.consume(found.put)
    async with asyncio.timeout(10):
        messages = [await found.get() for _ in range(count)]
    await queue.cancel(tag)
    for message in messages:
        await message.ack()
    return messages


async def shuffle(channel: AbstractChannel, name: str) -> None:
    """Take all messages of a queue and put each back twice, in another order."""
    messages = await drain(channel, name) * 2
    SHUFFLED.shuffle(messages)
    for message in messages:
        again = aio_pika.Message(message.body, headers=message.headers, message_id=message.message_id)
        await channel.default_exchange.publish(again, name)


def strange(event: Envelope) -> dict[str, Envelope]:
    """Events that no producer sends: of an unknown type, version or size."""
    made = {
        "unknown type": replace(event, type="popcorn.burnt"),
        "unknown version": replace(event, version=99, payload={"gibberish": [1, 2, 3]}),
        "huge": replace(event, payload={"gibberish": "x" * HUGE_BYTES}),
    }
    return {
        name: replace(each, id=f"strange-{uuid4().hex[:12]}", aggregate_id=f"none-{uuid4().hex[:8]}")
        for name, each in made.items()
    }


async def test_poison_is_put_aside_and_everything_else_goes_on(
    stack: LocalStack, crowd: Crowd, programme: list[str]
) -> None:
    await crowd.buy(2, programme)
    captured = next(event for event in reversed(await outbox(stack)) if event.type == "payment.captured")
    bad = strange(captured)
    consumers = ("tickets", "loyalty", "analytics")
    bodies = {
        "malformed": b"{ this is not JSON",
        "empty": b"",
        "no event": orjson.dumps({"id": 7, "type": None}),
        **{name: event.to_json().encode() for name, event in bad.items()},
    }
    async with wire(stack) as (channel, topology):
        for consumer in consumers:
            for body in bodies.values():
                name = topology.partition_queue(consumer, SHUFFLED.randrange(topology.partitions))
                await channel.default_exchange.publish(aio_pika.Message(body), name)
    bought = await crowd.buy(4, programme)
    assert all(purchase.acknowledged for purchase in bought)
    await crowd.settle()
    await caught_up(stack)
    dead = await letters(stack)
    assert {line.split()[0] for line in dead} == set(consumers)
    of_each = [line for line in dead if line.startswith("loyalty")]
    assert len(of_each) == len(bodies) - 1, of_each  # an unknown type is none of a consumer's business
    async with wire(stack) as (channel, topology):
        for consumer in consumers:
            await (await channel.get_queue(topology.dead_queue(consumer))).purge()
    await check(stack, crowd)


async def letters(stack: LocalStack) -> list[str]:
    """The lines of `marquee events dead`, without their sum."""
    code, output = await stack.run(OWNER, "events", "dead")
    assert code == 0, output
    return output.splitlines()[:-1]


async def test_dead_letters_are_replayed_once_what_killed_them_is_mended(
    stack: LocalStack, crowd: Crowd, programme: list[str]
) -> None:
    """An old release of loyalty put real events aside; the next release takes them."""
    loyalty = [process for name, process in stack.processes.items() if name.startswith("loyalty")]
    await asyncio.gather(*(process.kill() for process in loyalty))
    await crowd.buy(4, programme)
    books = Books(stack)

    async def are_published() -> bool:
        return not await books.unpublished()

    await eventually(are_published, every=0.1)
    moved = 0
    async with wire(stack) as (channel, topology):
        for number in range(topology.partitions):
            for message in await drain(channel, topology.partition_queue("loyalty", number)):
                now = datetime.now(UTC)
                letter = dead_message(message, attempts=12, error="KeyError: a bug", died_at=now)
                await channel.default_exchange.publish(letter, topology.dead_queue("loyalty"))
                moved += 1
    assert moved >= 4
    await asyncio.gather(*(process.start() for process in loyalty))
    dead = await letters(stack)
    assert len(dead) == moved
    assert all("KeyError: a bug" in line for line in dead)
    code, output = await stack.run(OWNER, "events", "replay", "loyalty")
    assert (code, output) == (0, f"{moved} events will be handled again.\n")
    await check(stack, crowd)
