"""What only RabbitMQ does: replicas share a queue in order, what is no event dies alone, nobody must have run
before events are for them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from marquee_subgraphs.kit.events import BrokerUnavailable, Envelope, PoisonEvent
from marquee_subgraphs.kit.events.broker import EventHandler
from marquee_subgraphs.kit.events.rabbitmq import Address, RabbitMqBroker
from marquee_subgraphs.kit.events.rabbitmq.topology import Topology
from marquee_subgraphs.kit.events.retry import RetryPolicy
from tests.subgraphs.kit.events.brokers import QUEUES, QUICK, RabbitMqBrokers, placed


def collector(taken: list[Envelope], enough: int) -> tuple[EventHandler, asyncio.Event]:
    """A handler that collects, and an event that is set when it has so many."""
    full = asyncio.Event()

    async def take(event: Envelope) -> None:
        taken.append(event)
        if len(taken) >= enough:
            full.set()

    return take, full


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait for RabbitMQ, which tells nobody."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - RabbitMQ has no event to wait for
            await asyncio.sleep(0)


def test_an_address_hides_its_password_and_has_a_prefix() -> None:
    address = Address.parse("amqp://marquee:s3cret@rabbit:5673/events?prefix=blue&heartbeat=5")

    assert str(address) == "rabbit:5673/events"
    assert (address.prefix, address.url.query["heartbeat"]) == ("blue", "5")
    assert "prefix" not in address.url.query
    assert "s3cret" not in f"{address} {address!r}"
    assert Address.parse("amqp://rabbit").prefix == "marquee"
    with pytest.raises(ValueError, match="prefix"):
        Address.parse("amqp://rabbit?prefix=a.b")


def test_an_aggregate_has_one_partition_and_aggregates_spread() -> None:
    topology = Topology("marquee", {}, partitions=4)
    partitions = [topology.partition_of(placed(number)) for number in range(400)]

    assert len({topology.partition_of(placed(number, "ord_1")) for number in range(20)}) == 1
    assert all(partitions.count(partition) > 50 for partition in range(4))


async def test_events_for_a_consumer_that_never_ran_are_kept(rabbitmq: RabbitMqBrokers) -> None:
    async with await rabbitmq.open() as publisher:
        await publisher.publish([placed(number) for number in range(5)])
    taken: list[Envelope] = []
    take, full = collector(taken, 5)
    async with await rabbitmq.open() as broker:
        await broker.consume("tickets", ["order.placed"], take)
        await full.wait()

    assert sorted(event.payload["number"] for event in taken) == list(range(5))


async def test_what_nobody_hears_is_published_to_nobody(rabbitmq: RabbitMqBrokers) -> None:
    async with await rabbitmq.open() as broker:
        unheard = Envelope.from_json(placed(1).to_json().replace("order.placed", "order.admired"))
        await broker.publish([unheard])
        assert broker.published == 1


async def test_a_message_says_what_it_is(rabbitmq: RabbitMqBrokers, amqp_server: str) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    event = Envelope.from_json(placed(1).to_json().replace('"trace":null', f'"trace":"{trace}"'))
    async with await rabbitmq.open() as broker, await aio_pika.connect(amqp_server) as connection:
        await broker.publish([event])
        channel = await connection.channel()
        name = broker.topology.partition_queue("tickets", broker.topology.partition_of(event))
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        await (await channel.get_queue(name)).consume(arrived.put)
        message = await arrived.get()

        assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
        assert (message.message_id, message.type, message.app_id) == (event.id, "order.placed", "orders")
        assert message.headers["traceparent"] == trace
        assert message.timestamp == event.occurred_at


async def test_replicas_share_the_partitions_and_keep_the_order(rabbitmq: RabbitMqBrokers) -> None:
    taken: dict[str, list[Envelope]] = {"first": [], "second": []}
    everything: list[Envelope] = []
    full = asyncio.Event()

    def replica(name: str) -> EventHandler:
        async def take(event: Envelope) -> None:
            taken[name].append(event)
            everything.append(event)
            if len({each.id for each in everything}) == 600:
                full.set()

        return take

    events = [placed(number, f"ord_{number % 30}", version=number) for number in range(600)]
    async with await rabbitmq.open() as first, await rabbitmq.open() as second:
        await first.consume("tickets", ["order.placed"], replica("first"))
        await first.publish(events[:200])
        await second.consume("tickets", ["order.placed"], replica("second"))
        number = 200

        async def shared() -> bool:
            nonlocal number
            if number < 500:
                await first.publish(events[number : number + 10])
                number += 10
            return bool(taken["second"])

        await until(shared)
        await first.publish(events[number:])
        async with asyncio.timeout(10):
            await full.wait()

    assert taken["first"]
    assert taken["second"]
    for order in range(30):
        firsts: dict[int, None] = {}
        for event in everything:
            if event.aggregate_id == f"ord_{order}":
                firsts.setdefault(event.aggregate_version)
        assert list(firsts) == list(range(order, 600, 30))


async def test_a_replica_that_ends_leaves_its_events_to_the_other_in_order(
    rabbitmq: RabbitMqBrokers,
) -> None:
    began, stuck = asyncio.Event(), asyncio.Event()

    async def hang(event: Envelope) -> None:
        began.set()
        await stuck.wait()

    taken: list[Envelope] = []
    take, full = collector(taken, 50)
    events = [placed(number, "ord_1", version=number) for number in range(50)]
    async with await rabbitmq.open() as second:
        async with await rabbitmq.open() as first:
            await first.consume("tickets", ["order.placed"], hang)
            await first.publish(events)
            await began.wait()
            await second.consume("tickets", ["order.placed"], take)
            assert taken == []
            first._inward.drop()
            stuck.set()
        async with asyncio.timeout(10):
            await full.wait()

    assert taken == events


async def test_a_delivery_held_too_long_is_taken_anew_and_its_attempts_count_on(
    rabbitmq: RabbitMqBrokers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    attempts = 0

    async def fail(event: Envelope) -> None:
        nonlocal attempts
        attempts += 1
        raise ConnectionError

    hourly = RetryPolicy(attempts=3, first_pause_seconds=3600)
    hasty = replace(QUICK, rebalance=0.05, held_at_most=0.05)
    async with await rabbitmq.open(hourly, timing=hasty) as broker:
        await broker.consume("tickets", ["order.placed"], fail)
        await broker.publish([placed(1)])
        async with asyncio.timeout(10):
            await broker.settled()
        (letter,) = await broker.dead_letters()

    assert (attempts, letter.attempts) == (3, 3)


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"{}", b""])
async def test_what_is_no_event_is_put_aside_and_holds_up_nothing(
    body: bytes, rabbitmq: RabbitMqBrokers, amqp_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    taken: list[Envelope] = []
    take, full = collector(taken, 1)
    async with await rabbitmq.open() as broker, await aio_pika.connect(amqp_server) as connection:
        await broker.consume("tickets", ["order.placed"], take)
        channel = await connection.channel()
        exchange = await channel.get_exchange(broker.topology.exchange)
        key = broker.topology.routing_key(placed(1))
        await exchange.publish(aio_pika.Message(body), key)
        await broker.publish([placed(1)])
        await full.wait()
        await broker.settled()
        (letter,) = await broker.dead_letters("tickets")
        assert (letter.event, letter.event_type, letter.attempts) == (None, "unknown", 1)
        assert letter.error.startswith("MalformedEvent")

        assert await broker.replay("tickets", [letter.event_id]) == 1
        await broker.settled()
        assert [again.event_id for again in await broker.dead_letters()] == [letter.event_id]


async def test_what_kills_its_consumers_again_and_again_is_put_aside(
    rabbitmq: RabbitMqBrokers, amqp_server: str
) -> None:
    async with await rabbitmq.open() as broker, await aio_pika.connect(amqp_server) as connection:
        await broker.publish([placed(1)])
        name = broker.topology.partition_queue("tickets", broker.topology.partition_of(placed(1)))
        deliveries = 0

        async def deliver_and_die() -> bool:
            nonlocal deliveries
            async with connection.channel() as channel:
                arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
                await (await channel.get_queue(name)).consume(arrived.put)
                try:
                    async with asyncio.timeout(0.5):
                        await arrived.get()
                        deliveries += 1
                        return False
                except TimeoutError:
                    return True

        await until(deliver_and_die)
        (letter,) = await broker.dead_letters("tickets")

        assert deliveries > broker.topology.delivery_limit
        assert (letter.event, letter.attempts) == (placed(1), broker.topology.delivery_limit)
        assert "died" in letter.error
        assert await broker.replay("tickets") == 1
        taken: list[Envelope] = []
        take, full = collector(taken, 1)
        await broker.consume("tickets", ["order.placed"], take)
        await full.wait()
        await broker.settled()
        assert await broker.dead_letters() == []


async def test_a_queue_that_somebody_deletes_is_declared_again_before_anything_is_lost(
    rabbitmq: RabbitMqBrokers, amqp_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    taken: list[Envelope] = []
    take, full = collector(taken, 1)
    event = placed(1)
    async with await rabbitmq.open() as broker, await aio_pika.connect(amqp_server) as connection:
        channel = await connection.channel()
        await channel.queue_delete(
            broker.topology.partition_queue("tickets", broker.topology.partition_of(event))
        )
        with pytest.raises(BrokerUnavailable, match="did not take"):
            await broker.publish([event])

        async def published() -> bool:
            try:
                await broker.publish([event])
            except BrokerUnavailable:
                return False
            return True

        await until(published)
        await broker.consume("tickets", ["order.placed"], take)
        await full.wait()

        for partition in range(2):
            await channel.queue_delete(broker.topology.partition_queue("tickets", partition))
        full.clear()
        await until(published)
        async with asyncio.timeout(10):
            await full.wait()


async def test_a_poisonous_event_goes_to_the_dead_letters_at_once(
    rabbitmq: RabbitMqBrokers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    async def refuse(event: Envelope) -> None:
        raise PoisonEvent("never")

    async with await rabbitmq.open() as broker:
        await broker.consume("tickets", ["order.placed"], refuse)
        await broker.publish([placed(1)])
        await broker.settled()
        (letter,) = await broker.dead_letters()
    async with await rabbitmq.open() as another:
        assert await another.dead_letters() == [letter]
        assert await another.replay("tickets") == 1
        assert await another.dead_letters() == []


async def test_a_wrong_password_is_told_without_telling_it(
    amqp_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = Address.parse(amqp_server)
    wrong = Address(server.url.with_user("marquee").with_password("s3cret"), "marquee-test-none")
    async with await RabbitMqBroker.open(wrong, QUEUES, timing=QUICK) as broker:
        assert not broker.connected
        with pytest.raises(BrokerUnavailable) as raised:
            await broker.dead_letters()

    said = f"{raised.value}{caplog.text}"
    assert "s3cret" not in said
    assert "ACCESS_REFUSED" in said or "Authentication" in said
