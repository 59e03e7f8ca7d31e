"""`DeadLetters`: lists dead letters without removing them, and moves them back to their queues.

Must never acknowledge a dead letter before its queue has it again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelNotFoundEntity

from marquee_subgraphs.kit.events.broker import DeadLetter
from marquee_subgraphs.kit.events.errors import BrokerUnavailable, UnknownQueue
from marquee_subgraphs.kit.events.rabbitmq.link import FAULTS, close_channel, fault_text
from marquee_subgraphs.kit.events.rabbitmq.messages import died_at, event_of, id_of, letter_of, living_message
from marquee_subgraphs.kit.events.rabbitmq.topology import Topology

_AT_ONCE = 10_000
_PATIENCE_SECONDS = 3.0
_LOOK_AGAIN_SECONDS = 0.02

OpenChannel = Callable[[], Awaitable[AbstractChannel]]


class DeadLetters:
    """The dead letters of every consumer."""

    def __init__(self, topology: Topology, open_channel: OpenChannel) -> None:
        self._topology = topology
        self._open_channel = open_channel

    async def peek(self, queue: str, limit: int) -> list[DeadLetter]:
        """Return the oldest dead letters of a consumer. Raises `UnknownQueue`, `BrokerUnavailable`."""
        async with self._hold(queue) as (_, held):
            return [letter_of(queue, letter, self._topology.delivery_limit) for letter in held[:limit]]

    async def move_back(self, queue: str, event_ids: Collection[str] | None) -> int:
        """Queue dead letters again, all (at most 10,000 at once) or only `event_ids`; return how many.

        A crash in between leaves a letter in both places; the inbox ignores the second delivery. Raises
        `UnknownQueue`, `BrokerUnavailable`.
        """
        moved = 0
        async with self._hold(queue) as (channel, held):
            for letter in tuple(held):
                if event_ids is not None and id_of(letter) not in event_ids:
                    continue
                event = event_of(letter)
                partition = 0 if event is None else self._topology.partition_of(event)
                await channel.default_exchange.publish(
                    living_message(letter), self._topology.partition_queue(queue, partition), mandatory=True
                )
                await letter.ack()
                held.remove(letter)
                moved += 1
        return moved

    @contextlib.asynccontextmanager
    async def _hold(self, queue: str) -> AsyncIterator[tuple[AbstractChannel, list[AbstractIncomingMessage]]]:
        """Hold all letters, the oldest first; those still in the list afterwards go back to the queue."""
        channel = await self._open_channel()
        try:
            try:
                held = await _take(channel, self._topology.dead_queue(queue))
                # Letters that an earlier look put back stand behind newer ones in the queue.
                held.sort(key=lambda letter: died_at(letter.headers))
                yield channel, held
            finally:
                await close_channel(channel)
            if held:
                await self._gone_back(queue, len(held))
        except ChannelNotFoundEntity:
            raise UnknownQueue(f"no consumer has a queue {queue!r}") from None
        except FAULTS as error:
            raise BrokerUnavailable(f"RabbitMQ went away: {fault_text(error)}") from error

    async def _gone_back(self, queue: str, count: int) -> None:
        """Return when `count` letters are back in the queue: the next command must find them."""
        channel = await self._open_channel()
        name = self._topology.dead_queue(queue)
        try:
            with contextlib.suppress(TimeoutError):  # another command holds them now
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    while await _count(channel, name) < count:  # noqa: ASYNC110 - RabbitMQ has no event for it
                        await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        finally:
            await close_channel(channel)


async def _count(channel: AbstractChannel, name: str) -> int:
    return (await channel.declare_queue(name, passive=True)).declaration_result.message_count or 0


async def _take(channel: AbstractChannel, name: str) -> list[AbstractIncomingMessage]:
    wanted = min(await _count(channel, name), _AT_ONCE)
    if wanted == 0:
        return []
    arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
    await channel.set_qos(prefetch_count=wanted)
    await (await channel.get_queue(name)).consume(arrived.put)
    letters: list[AbstractIncomingMessage] = []
    with contextlib.suppress(TimeoutError):  # another command holds the other letters now
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(letters) < wanted:
                letters.append(await arrived.get())
    return letters
