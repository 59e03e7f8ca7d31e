"""`Partition`: one partition of a consumer's queue, consumed over one channel after the other.

The deliveries of a channel end with it: what is being handled finishes, the rest comes again. Must never
acknowledge an event before its handler has returned, nor a dead one before the dead letters have it.
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
from marquee_subgraphs.kit.events.rabbitmq.pace import Pace
from marquee_subgraphs.kit.events.retry import RetryPolicy

_LOGGER = logging.getLogger(__name__)
_PREFETCH = 256
# The same for every replica: what a consumer leaves goes behind what an earlier one left, so order holds only
# as long as each takes all that its predecessor held.
_ACKNOWLEDGE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event that RabbitMQ waits to hear of."""

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
    roll_queue: str
    handler: EventHandler
    retry: RetryPolicy
    side_by_side: asyncio.Semaphore
    clock: Clock
    pace: Pace
    redeclare: Callable[[], Awaitable[None]]
    """Makes the consumer's queues anew, when somebody has deleted them."""
    progressed: Callable[[], None]


class Partition:
    """One queue of RabbitMQ, being consumed."""

    def __init__(self, name: str, reception: Reception, link: Link, *, answers_roll: bool = False) -> None:
        self.name = name
        self._answers_roll = answers_roll
        self._reception = reception
        self._link = link
        self._channel: AbstractChannel | None = None
        self._lanes: Lanes[Delivery] | None = None
        self._ended = asyncio.Event()
        self._held: dict[str, Delivery] = {}
        self._attempts: dict[str, int] = {}
        self._burying = 0
        self._closing = False
        self.active = False
        """Whether it is this replica that RabbitMQ delivers to; known from the first delivery on."""
        self._task = asyncio.create_task(self._keep(), name=f"consume-{name}")

    @property
    def held(self) -> int:
        """How many deliveries are not acknowledged."""
        return len(self._held) + self._burying

    def held_since(self) -> float | None:
        """When the oldest of them arrived."""
        return next((delivery.arrived_at for delivery in self._held.values()), None)

    def release(self) -> None:
        """Let another replica have the partition, when there is one; consume it again behind it."""
        self._ended.set()

    async def waiting(self) -> int | None:
        """How many events are in the queue, not delivered yet; None when that cannot be known now."""
        counts = await self._counts(self.name)
        return None if counts is None else counts[0]

    async def replicas(self) -> int | None:
        """How many replicas consume the queue; None when that cannot be known now."""
        counts = await self._counts(self._reception.roll_queue)
        return None if counts is None else counts[1]

    async def _counts(self, name: str) -> tuple[int, int] | None:
        channel = self._channel
        if channel is None or channel.is_closed:
            return None
        try:
            with cancellation_is_fault():
                result = (await channel.declare_queue(name, passive=True)).declaration_result
        except FAULTS:
            return None
        return result.message_count or 0, result.consumer_count or 0

    async def _keep(self) -> None:
        pause = self._reception.pace.first_reconnect
        while not self._closing:
            try:
                with cancellation_is_fault():
                    channel = await self._link.channel()
                    try:
                        await self._consume(channel)
                    finally:
                        self._channel = None
                        await close_channel(channel)
                pause = self._reception.pace.first_reconnect
            except FAULTS as error:
                await asyncio.sleep(pause)
                pause = min(pause * 2, self._reception.pace.longest_reconnect)
                if self._link.connected:  # when it is not, the link tells of it, and brings another
                    _LOGGER.warning("%s is not consumed, trying again: %s", self.name, fault_text(error))
                if isinstance(error, ChannelNotFoundEntity):
                    with contextlib.suppress(BrokerUnavailable, *FAULTS), cancellation_is_fault():
                        await self._reception.redeclare()

    async def _consume(self, channel: AbstractChannel) -> None:
        ended = self._ended = asyncio.Event()
        reception = self._reception
        lanes = Lanes[Delivery](
            reception.queue, reception.handler, reception.retry, self, reception.side_by_side
        )

        async def receive(message: AbstractIncomingMessage) -> None:
            if not ended.is_set():
                await self._receive(lanes, message)

        channel.close_callbacks.add(lambda *_: ended.set())
        raw = await channel.get_underlay_channel()
        raw.on_consumer_cancel_callbacks.add(lambda _: ended.set())
        self._channel, self._lanes = channel, lanes
        try:
            await channel.set_qos(prefetch_count=_PREFETCH)
            queue = await channel.get_queue(self.name)
            await queue.consume(receive)
            if self._answers_roll:
                await (await channel.get_queue(self._reception.roll_queue)).consume(_nothing)
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
            self._burying += 1
            await self._bury(message, 1, error)
            self._burying -= 1
            return
        now = asyncio.get_running_loop().time()
        delivery = Delivery(event, self._attempts.get(event.id, 0), message, now)
        self._held[_tag(message)] = delivery
        lanes.add(delivery)

    async def done(self, delivery: Delivery) -> None:
        """Acknowledge it."""
        self._attempts.pop(delivery.event.id, None)
        self._held.pop(_tag(delivery.message), None)
        # Without a connection the event comes again, and the inbox knows it.
        with contextlib.suppress(*FAULTS), cancellation_is_fault():
            if self._link.connected:
                await _acknowledge(delivery.message)
        self._reception.progressed()

    async def failed(
        self, delivery: Delivery, attempts: int, error: Exception, pause_seconds: float | None
    ) -> None:
        """Keep it and count, or put it among the dead letters."""
        self._attempts[delivery.event.id] = attempts
        if pause_seconds is None and await self._bury(delivery.message, attempts, error):
            self._attempts.pop(delivery.event.id, None)
            self._held.pop(_tag(delivery.message), None)
        self._reception.progressed()

    async def _bury(self, message: AbstractIncomingMessage, attempts: int, error: Exception) -> bool:
        letter = dead_message(
            message, attempts=attempts, error=error_text(error), died_at=self._reception.clock.now()
        )
        channel = self._channel
        try:
            if channel is None:
                return False
            with cancellation_is_fault():
                async with asyncio.timeout(self._reception.pace.confirm_timeout):
                    dead = self._reception.dead_queue
                    await channel.default_exchange.publish(letter, dead, mandatory=True)
                    await message.ack()
        except FAULTS:
            _LOGGER.warning("a dead letter of %s could not be put aside; it comes again", self.name)
            self.release()
            return False
        return True

    async def close(self) -> None:
        """Stop; events being handled get some seconds to finish, the rest goes back to the queue."""
        if self._lanes is not None:
            await self._lanes.close()
        self._closing = True
        await end(self._task)


async def _acknowledge(message: AbstractIncomingMessage) -> None:
    assert message.delivery_tag is not None, "what is consumed has a tag"
    # A connection that is closing takes no more frames, and does not say so.
    async with asyncio.timeout(_ACKNOWLEDGE_SECONDS):
        await message.channel.basic_ack(message.delivery_tag, wait=False)


async def _nothing(message: AbstractIncomingMessage) -> None:
    """Nobody calls it: the roll has no messages."""


def _tag(message: AbstractIncomingMessage) -> str:
    return f"{message.consumer_tag}/{message.delivery_tag}"
