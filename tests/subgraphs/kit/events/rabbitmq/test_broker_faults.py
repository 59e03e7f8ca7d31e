"""RabbitMQ cut off, hanging, away for a while or not there yet: nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.events import BrokerUnavailable, Envelope, Relay, ServiceEvents
from marquee_subgraphs.kit.events.rabbitmq import RabbitMqBroker
from tests.faults.proxy import Proxy
from tests.subgraphs.kit.events.brokers import QUICK, RabbitMqBrokers, placed
from tests.subgraphs.kit.events.sample_events import OrderPlaced, PlacedOrder, SoldSeats


@pytest.fixture
def surroundings() -> tuple[str, str]:
    """Production's."""
    return ("rabbitmq", "postgresql")


@pytest.fixture
async def proxy(amqp_server: str) -> AsyncIterator[Proxy]:
    parts = urlsplit(amqp_server)
    async with Proxy.before(parts.hostname or "127.0.0.1", parts.port or 5672) as opened:
        yield opened


@pytest.fixture
async def broker(rabbitmq: RabbitMqBrokers, proxy: Proxy, amqp_server: str) -> AsyncIterator[RabbitMqBroker]:
    """A broker behind the proxy."""
    hasty = replace(QUICK, confirm_timeout=0.5)
    async with await rabbitmq.open(server=through(proxy, amqp_server), timing=hasty) as opened:
        yield opened


def through(proxy: Proxy, server: str) -> str:
    """The server's URL with the proxy's port."""
    parts = urlsplit(server)
    login, _, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}").geturl()


async def connected(broker: RabbitMqBroker) -> None:
    async with asyncio.timeout(10):
        while not broker.connected:  # noqa: ASYNC110 - the broker tells its log only
            await asyncio.sleep(0)


async def failed_attempts(count: int) -> None:
    """Return after the relay has failed to publish so many times."""
    logger = logging.getLogger("marquee_subgraphs.kit.events.relay")
    enough = asyncio.Event()

    class Counter(logging.Handler):
        left = count

        def emit(self, record: logging.LogRecord) -> None:
            self.left -= 1
            if self.left == 0:
                enough.set()

    counter, level = Counter(), logger.level
    logger.addHandler(counter)
    logger.setLevel(logging.DEBUG)
    try:
        async with asyncio.timeout(10):
            await enough.wait()
    finally:
        logger.removeHandler(counter)
        logger.setLevel(level)


class Collector:
    """Takes each event once, with its inbox."""

    def __init__(self, events: ServiceEvents) -> None:
        self.taken: list[Envelope] = []
        self._more = asyncio.Event()
        events.consumer.on(PlacedOrder, self._take)

    async def _take(self, tx: Transaction, _: PlacedOrder, envelope: Envelope) -> None:
        tx.after_commit(lambda: self._add(envelope))

    def _add(self, event: Envelope) -> None:
        self.taken.append(event)
        self._more.set()

    async def has(self, count: int) -> None:
        """Return when so many were taken."""
        async with asyncio.timeout(15):
            while len(self.taken) < count:
                self._more.clear()
                await self._more.wait()


async def place(events: ServiceEvents, store: Database, number: int) -> None:
    async with store.transaction() as tx:
        await events.outbox.add(tx, OrderPlaced(number=number), aggregate_id=f"ord_{number % 5}")


def in_order(taken: list[Envelope]) -> bool:
    """Each once, and each aggregate's in order."""
    versions: dict[str, list[int]] = {}
    for event in taken:
        versions.setdefault(event.aggregate_id, []).append(event.aggregate_version)
    return all(found == list(range(1, len(found) + 1)) for found in versions.values())


async def test_connections_cut_again_and_again_lose_and_double_nothing(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    proxy: Proxy,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    collector = Collector(tickets)
    await tickets.start_consuming()
    orders.start_publishing()
    for number in range(100):
        await place(orders, orders_store, number)
        if number % 20 == 10:
            await proxy.cut()
    await collector.has(100)

    assert sorted(event.payload["number"] for event in collector.taken) == list(range(100))
    assert in_order(collector.taken)


async def test_a_broker_that_is_away_holds_up_no_commit_and_is_told_of_once(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    proxy: Proxy,
    broker: RabbitMqBroker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    collector = Collector(tickets)
    await tickets.start_consuming()
    orders.start_publishing()
    await place(orders, orders_store, 0)
    await collector.has(1)
    await proxy.refuse()
    for number in range(1, 20):
        await place(orders, orders_store, number)
    cpu, began = time.process_time(), time.monotonic()
    await failed_attempts(4)
    busy = (time.process_time() - cpu) / (time.monotonic() - began)
    assert not broker.connected
    assert not orders.connected
    with pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{proxy.port}"):
        await broker.publish([placed(1)])
    with pytest.raises(BrokerUnavailable):
        await broker.dead_letters()
    await proxy.accept()
    await collector.has(20)
    await connected(broker)

    assert in_order(collector.taken)
    assert busy < 0.5
    told = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert [("is away" in line, line.endswith("is back")) for line in told] == [(True, False), (False, True)]
    assert "guest:guest" not in caplog.text


async def test_a_broker_that_hangs_is_given_up_and_found_again(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    proxy: Proxy,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    collector = Collector(tickets)
    await tickets.start_consuming()
    orders.start_publishing()
    await place(orders, orders_store, 0)
    await collector.has(1)
    proxy.stall()
    for number in range(1, 10):
        await place(orders, orders_store, number)
    attempts = proxy.accepted
    async with asyncio.timeout(10):
        while proxy.accepted < attempts + 2:  # noqa: ASYNC110 - the proxy counts, and tells nobody
            await asyncio.sleep(0)
    proxy.flow()
    await collector.has(10)

    assert in_order(collector.taken)


async def test_a_hanging_broker_holds_up_no_other_replica_of_the_relay(
    orders: ServiceEvents,
    orders_store: Database,
    proxy: Proxy,
    broker: RabbitMqBroker,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await place(orders, orders_store, 0)
    publishing = asyncio.Event()
    publish = broker.publish

    async def tell_and_publish(events: Sequence[Envelope]) -> None:
        publishing.set()
        await publish(events)

    monkeypatch.setattr(broker, "publish", tell_and_publish)
    proxy.stall()
    stuck = asyncio.create_task(Relay(orders_store, orders.outbox, broker).publish_batch())
    await publishing.wait()
    assert await Relay(orders_store, orders.outbox, broker).publish_batch() is None
    with pytest.raises(BrokerUnavailable):
        await stuck
    proxy.flow()


async def test_a_service_starts_without_its_broker_and_connects_later(
    rabbitmq: RabbitMqBrokers,
    amqp_server: str,
    proxy: Proxy,
    orders_store: Database,
    tickets_store: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    await proxy.refuse()
    async with await rabbitmq.open(server=through(proxy, amqp_server)) as broker:
        orders = ServiceEvents("orders", orders_store, broker)
        tickets = ServiceEvents("tickets", tickets_store, broker)
        collector = Collector(tickets)
        await tickets.start()
        await orders.start()
        await place(orders, orders_store, 0)
        before = orders.connected
        await proxy.accept()
        await collector.has(1)
        assert (before, orders.connected) == (False, True)
        await orders.close()
        await tickets.close()


async def test_the_end_does_not_wait_for_a_broker_that_is_away(
    rabbitmq: RabbitMqBrokers, amqp_server: str, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)

    async def ignore(event: Envelope) -> None:
        return None

    broker = await rabbitmq.open(server=through(proxy, amqp_server))
    await broker.consume("tickets", ["order.placed"], ignore)
    proxy.stall()
    async with asyncio.timeout(9):
        await broker.close()
    proxy.flow()


async def test_two_replicas_that_get_one_event_at_once_have_one_effect(
    rabbitmq: RabbitMqBrokers, orders_store: Database, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    effects: list[str] = []
    async with await rabbitmq.open() as broker:
        replicas = [ServiceEvents("orders", orders_store, broker) for _ in range(2)]

        async def take(tx: Transaction, _: SoldSeats, envelope: Envelope) -> None:
            await asyncio.sleep(0)
            tx.after_commit(lambda: effects.append(envelope.id))

        for replica in replicas:
            replica.consumer.on(SoldSeats, take)

        events = [placed(number) for number in range(30)]
        sold = [Envelope.from_json(event.to_json().replace("order.placed", "seats.sold")) for event in events]
        await asyncio.gather(*(replica.consumer.handle(event) for event in sold for replica in replicas * 2))

    assert sorted(effects) == [event.id for event in sold]
