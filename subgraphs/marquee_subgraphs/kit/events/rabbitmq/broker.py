"""`RabbitMqBroker`: a `Broker` on RabbitMQ, which may be away at any time, also at the start.

Publishes and consumes over separate connections: RabbitMQ stops reading from a connection that publishes too
fast, and acknowledgements on it would wait too. Must never lose an event after `publish` has returned.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Mapping, Sequence

from aio_pika.abc import AbstractChannel

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.events.broker import DeadLetter, EventHandler, Subscription
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import BrokerClosed, BrokerUnavailable
from marquee_subgraphs.kit.events.lanes import MAX_CONCURRENT
from marquee_subgraphs.kit.events.rabbitmq.address import Address
from marquee_subgraphs.kit.events.rabbitmq.dead_letters import DeadLetters
from marquee_subgraphs.kit.events.rabbitmq.link import Link, Outages, close_channel
from marquee_subgraphs.kit.events.rabbitmq.partition import Partition, Reception
from marquee_subgraphs.kit.events.rabbitmq.publisher import Publisher
from marquee_subgraphs.kit.events.rabbitmq.queue_consumer import QueueConsumer
from marquee_subgraphs.kit.events.rabbitmq.timing import Timing
from marquee_subgraphs.kit.events.rabbitmq.topology import Topology
from marquee_subgraphs.kit.events.retry import RetryPolicy

_LOOK_AGAIN_SECONDS = 0.02


class RabbitMqBroker:
    """A `Broker` at an address."""

    def __init__(
        self, address: Address, topology: Topology, clock: Clock, retry: RetryPolicy, timing: Timing
    ) -> None:
        self._topology = topology
        self._clock = clock
        self._retry = retry
        self._timing = timing
        outages = Outages(address)
        self._outward = Link("publish", address, outages, timing, self._prepare)
        self._inward = Link("consume", address, outages, timing, self._prepare)
        self._publisher = Publisher(self._outward, lambda: self._topology, timing)
        self._consumers: dict[str, QueueConsumer] = {}
        self._progress = asyncio.Event()
        self._closed = False
        self.published = 0

    @classmethod
    async def open(
        cls,
        address: Address,
        queues: Mapping[str, Collection[str]],
        *,
        clock: Clock | None = None,
        retry: RetryPolicy | None = None,
        timing: Timing | None = None,
        partitions: int | None = None,
    ) -> RabbitMqBroker:
        """Connect, now or as soon as RabbitMQ is there; `queues` are the event types of every consumer."""
        # aio-pika logs each attempt and each frame of an outage; `Outages` logs it once.
        for library in ("aiormq", "aio_pika"):
            logging.getLogger(library).setLevel(logging.CRITICAL)
        topology = Topology(address.prefix, {queue: frozenset(types) for queue, types in queues.items()})
        if partitions is not None:
            topology = Topology(topology.prefix, topology.queues, partitions)
        broker = cls(address, topology, clock or SystemClock(), retry or RetryPolicy(), timing or Timing())
        await broker._outward.tried()
        await broker._inward.tried()
        return broker

    async def __aenter__(self) -> RabbitMqBroker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        """True while RabbitMQ can be reached."""
        return self._outward.connected and self._inward.connected

    @property
    def topology(self) -> Topology:
        """The names on RabbitMQ."""
        return self._topology

    async def _prepare(self, channel: AbstractChannel) -> None:
        await self._topology.declare(channel)

    async def publish(self, events: Sequence[Envelope]) -> None:
        """Return when RabbitMQ has confirmed every event. Raises `BrokerUnavailable`."""
        self._refuse_when_closed()
        await self._publisher.publish(events)
        self.published += len(events)

    async def consume(self, queue: str, types: Collection[str], handler: EventHandler) -> Subscription:
        """Hand the events of `types` to `handler`, now or as soon as RabbitMQ is there, until closed."""
        self._refuse_when_closed()
        if queue in self._consumers:
            raise ValueError(f"the queue {queue} is consumed already")
        if not frozenset(types) <= self._topology.queues.get(queue, frozenset()):
            self._topology = self._topology.with_queue(queue, types)
            with contextlib.suppress(BrokerUnavailable):  # the next connection declares it then
                await self._redeclare(queue)
        reception = Reception(
            queue=queue,
            dead_queue=self._topology.dead_queue(queue),
            replica_queue=self._topology.replica_queue(queue),
            handler=handler,
            retry=self._retry,
            concurrency=asyncio.Semaphore(MAX_CONCURRENT),
            clock=self._clock,
            timing=self._timing,
            redeclare=lambda: self._redeclare(queue),
            progressed=self._progress.set,
        )
        partitions = [
            Partition(
                self._topology.partition_queue(queue, number),
                reception,
                self._inward,
                joins_replica_queue=number == 0,
            )
            for number in range(self._topology.partitions)
        ]
        consumer = QueueConsumer(queue, partitions, self._timing)
        self._consumers[queue] = consumer
        return _Consumption(self._consumers, consumer)

    async def _redeclare(self, queue: str) -> None:
        channel = await self._inward.channel(within=0)
        try:
            await self._topology.declare(channel, [queue])
        finally:
            await close_channel(channel)

    async def dead_letters(self, queue: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """Return the oldest deliveries that were given up. Raises `UnknownQueue`, `BrokerUnavailable`."""
        self._refuse_when_closed()
        letters: list[DeadLetter] = []
        for each in sorted(self._topology.queues) if queue is None else [queue]:
            letters += await self._dead_letters.peek(each, limit)
        return sorted(letters, key=lambda letter: letter.died_at)[:limit]

    async def replay(self, queue: str, event_ids: Collection[str] | None = None) -> int:
        """Queue dead letters again, all of `queue` or only `event_ids`; return how many.

        Raises `UnknownQueue`, `BrokerUnavailable`.
        """
        self._refuse_when_closed()
        return await self._dead_letters.move_back(queue, event_ids)

    @property
    def _dead_letters(self) -> DeadLetters:
        seconds = self._timing.command_timeout
        return DeadLetters(self._topology, lambda: self._outward.channel(within=seconds))

    async def settled(self) -> None:
        """Return when every event in the queues consumed here is done or dead."""
        while True:
            # Counted twice: an event on its way from the queue to the handler is in neither count once, but
            # not a second time.
            if await self._idle() and await self._idle():
                return
            self._progress.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await self._progress.wait()

    async def _idle(self) -> bool:
        for consumer in tuple(self._consumers.values()):
            if await consumer.waiting() != 0 or consumer.held:
                return False
        return True

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise BrokerClosed("the broker is closed")

    async def close(self) -> None:
        """Close every subscription, then the connections."""
        if self._closed:
            return
        self._closed = True
        await asyncio.gather(*(consumer.close() for consumer in self._consumers.values()))
        await asyncio.gather(self._outward.close(), self._inward.close())


class _Consumption:
    __slots__ = ("_consumer", "_consumers")

    def __init__(self, consumers: dict[str, QueueConsumer], consumer: QueueConsumer) -> None:
        self._consumers = consumers
        self._consumer = consumer

    async def close(self) -> None:
        await self._consumer.close()
        self._consumers.pop(self._consumer.queue, None)
