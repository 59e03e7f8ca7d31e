"""`Partition`: one partition of a consumer's queue, consumed over one channel after another.

When a channel ends, events that are being handled finish and the others are delivered again over the next
channel. Must never acknowledge an event before its handler has returned, nor a dead event before the queue of
dead letters has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.events.broker import EventHandler
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import BrokerUnavailable, MalformedEvent
from marquee_subgraphs.kit.events.lanes import Lanes, error_text
from marquee_subgraphs.kit.events.rabbitmq.link import (
    FAULTS,
    Link,
    cancellation_is_fault,
    close_channel,
    end,
    fault_text,
)
from marquee_subgraphs.kit.events.rabbitmq.messages import dead_message
from marquee_subgraphs.kit.events.rabbitmq.timing import Timing
from marquee_subgraphs.kit.events.retry import RetryPolicy

_LOGGER = logging.getLogger(__name__)
# The same number for every replica. A consumer that ends returns its deliveries to the head of the queue, but
# behind those that an earlier consumer returned. If A held events 1–256 and B took only 1–10 of them before
# it ended too, the queue would continue with 11–256, 1–10: out of order.
_PREFETCH = 256
_ACKNOWLEDGE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event whose acknowledgement RabbitMQ waits for."""

    event: Envelope
    attempts: int
    message: AbstractIncomingMessage
    arrived_at: float
    """The event loop's time, in seconds."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What the partitions of one consumer share."""

    queue: str
    dead_queue: str
    replica_queue: str
    handler: EventHandler
    retry: RetryPolicy
    concurrency: asyncio.Semaphore
    clock: Clock
    timing: Timing
    redeclare: Callable[[], Awaitable[None]]
    """Declares the consumer's queues again after somebody has deleted them."""
    progressed: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Consumption:
    """What exists while one channel is consumed."""

    channel: AbstractChannel
    lanes: Lanes[Delivery]
    ended: asyncio.Event


class Partition:
    """Consumes one queue of RabbitMQ."""

    def __init__(
        self, name: str, reception: Reception, link: Link, *, joins_replica_queue: bool = False
    ) -> None:
        self.name = name
        self._joins_replica_queue = joins_replica_queue
        self._reception = reception
        self._link = link
        self._consumption: _Consumption | None = None
        self._held: dict[str, Delivery] = {}
        self._attempts: dict[str, int] = {}
        self._moving_aside = 0
        self._closing = False
        self.active = False
        """True if RabbitMQ delivers to this replica; known from the first delivery on."""
        self._task = asyncio.create_task(self._keep(), name=f"consume-{name}")

    @property
    def held(self) -> int:
        """The number of deliveries that are not acknowledged."""
        return len(self._held) + self._moving_aside

    def held_since(self) -> float | None:
        """Return when the oldest unacknowledged delivery arrived, in the event loop's time."""
        return next((delivery.arrived_at for delivery in self._held.values()), None)

    def release(self) -> None:
        """Leave the partition to another replica, if one waits, and queue up behind it."""
        if self._consumption is not None:
            self._consumption.ended.set()

    async def waiting(self) -> int | None:
        """Return how many events in the queue are not delivered yet; None when that cannot be known now."""
        counts = await self._counts(self.name)
        return None if counts is None else counts[0]

    async def replicas(self) -> int | None:
        """Return how many replicas consume the queue; None when that cannot be known now."""
        counts = await self._counts(self._reception.replica_queue)
        return None if counts is None else counts[1]

    async def _counts(self, name: str) -> tuple[int, int] | None:
        if self._consumption is None or self._consumption.channel.is_closed:
            return None
        channel = self._consumption.channel
        try:
            with cancellation_is_fault():
                result = (await channel.declare_queue(name, passive=True)).declaration_result
        except FAULTS:
            return None
        return result.message_count or 0, result.consumer_count or 0

    async def _keep(self) -> None:
        pause = self._reception.timing.first_reconnect
        while not self._closing:
            try:
                with cancellation_is_fault():
                    channel = await self._link.channel()
                    try:
                        await self._consume(channel)
                    finally:
                        self._consumption = None
                        await close_channel(channel)
                pause = self._reception.timing.first_reconnect
            except FAULTS as error:
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._reception.timing.longest_reconnect)
                if self._link.connected:  # otherwise the link logs the outage itself
                    _LOGGER.warning("%s is not consumed, trying again: %s", self.name, fault_text(error))
                if isinstance(error, ChannelNotFoundEntity):
                    with contextlib.suppress(BrokerUnavailable, *FAULTS), cancellation_is_fault():
                        await self._reception.redeclare()

    async def _consume(self, channel: AbstractChannel) -> None:
        ended = asyncio.Event()
        reception = self._reception
        lanes = Lanes[Delivery](
            reception.queue, reception.handler, reception.retry, self, reception.concurrency
        )

        async def receive(message: AbstractIncomingMessage) -> None:
            if not ended.is_set():
                await self._receive(lanes, message)

        channel.close_callbacks.add(lambda *_: ended.set())
        raw = await channel.get_underlay_channel()
        raw.on_consumer_cancel_callbacks.add(lambda _: ended.set())
        self._consumption = _Consumption(channel, lanes, ended)
        try:
            await channel.set_qos(prefetch_count=_PREFETCH)
            queue = await channel.get_queue(self.name)
            await queue.consume(receive)
            if self._joins_replica_queue:
                await (await channel.get_queue(self._reception.replica_queue)).consume(_nothing)
            await ended.wait()
        finally:
            ended.set()
            self.active = False
            await lanes.close()
            self._held.clear()

    async def _receive(self, lanes: Lanes[Delivery], message: AbstractIncomingMessage) -> None:
        self.active = True
        try:
            event = Envelope.from_json(message.body)
        except MalformedEvent as error:
            _LOGGER.warning("%s received what is no event: %s", self._reception.queue, error)
            self._moving_aside += 1
            await self._move_aside(message, 1, error)
            self._moving_aside -= 1
            return
        now = asyncio.get_running_loop().time()
        delivery = Delivery(event, self._attempts.get(event.id, 0), message, now)
        self._held[_tag(message)] = delivery
        lanes.add(delivery)

    async def done(self, delivery: Delivery) -> None:
        """Acknowledge a delivery."""
        self._attempts.pop(delivery.event.id, None)
        self._held.pop(_tag(delivery.message), None)
        # Without a connection the event is delivered again, and the inbox ignores it.
        with contextlib.suppress(*FAULTS), cancellation_is_fault():
            if self._link.connected:
                await _acknowledge(delivery.message)
        self._reception.progressed()

    async def failed(
        self, delivery: Delivery, attempts: int, error: Exception, pause_seconds: float | None
    ) -> None:
        """Count the attempt, or make the delivery a dead letter when there is no further attempt."""
        self._attempts[delivery.event.id] = attempts
        if pause_seconds is None and await self._move_aside(delivery.message, attempts, error):
            self._attempts.pop(delivery.event.id, None)
            self._held.pop(_tag(delivery.message), None)
        self._reception.progressed()

    async def _move_aside(self, message: AbstractIncomingMessage, attempts: int, error: Exception) -> bool:
        letter = dead_message(
            message, attempts=attempts, error=error_text(error), died_at=self._reception.clock.now()
        )
        consumption = self._consumption
        if consumption is None:
            return False
        try:
            with cancellation_is_fault():
                async with asyncio.timeout(self._reception.timing.confirm_timeout):
                    dead = self._reception.dead_queue
                    await consumption.channel.default_exchange.publish(letter, dead, mandatory=True)
                    await message.ack()
        except FAULTS:
            _LOGGER.warning("a dead letter of %s could not be put aside; it comes again", self.name)
            self.release()
            return False
        return True

    async def close(self) -> None:
        """Stop; events that are being handled have ten seconds to finish, the others return to the queue."""
        if self._consumption is not None:
            await self._consumption.lanes.close()
        self._closing = True
        await end(self._task)


async def _acknowledge(message: AbstractIncomingMessage) -> None:
    assert message.delivery_tag is not None, "what is consumed has a tag"
    # A connection that is closing accepts no more frames and raises nothing: without a bound this would hang.
    async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
        await message.channel.basic_ack(message.delivery_tag, wait=False)


async def _nothing(message: AbstractIncomingMessage) -> None:
    """Never called: the queue that counts replicas has no messages."""


def _tag(message: AbstractIncomingMessage) -> str:
    return f"{message.consumer_tag}/{message.delivery_tag}"
