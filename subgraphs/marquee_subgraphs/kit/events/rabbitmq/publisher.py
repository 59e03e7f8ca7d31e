"""`Publisher`: publishes events to the exchange, persistent, confirmed and in order.

Must never return before RabbitMQ has every event in every queue that is bound to its type.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from aio_pika.abc import AbstractChannel
from aiormq.channel import Channel

from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import BrokerUnavailable
from marquee_subgraphs.kit.events.rabbitmq.link import FAULTS, Link, fault_text
from marquee_subgraphs.kit.events.rabbitmq.messages import event_message
from marquee_subgraphs.kit.events.rabbitmq.timing import Timing
from marquee_subgraphs.kit.events.rabbitmq.topology import Topology


class Publisher:
    """One channel that all relays of the process share; it is replaced after each fault."""

    def __init__(self, link: Link, topology: Callable[[], Topology], timing: Timing) -> None:
        self._link = link
        self._topology = topology
        self._timing = timing
        self._opening = asyncio.Lock()
        self._channel: AbstractChannel | None = None

    async def publish(self, events: Sequence[Envelope]) -> None:
        """Return when all events are confirmed. Raises `BrokerUnavailable`; some may have arrived then."""
        topology = self._topology()
        channel = await self._open()
        # Tasks start in order and the channel's lock is fair, so the events leave in order. aio-pika's own
        # `publish` waits for the socket after each event: a batch would take many times as long.
        sending = [
            channel.basic_publish(
                message.body,
                exchange=topology.exchange,
                routing_key=topology.routing_key(event),
                properties=message.properties,
                mandatory=topology.has_consumer(event.type),
                wait=False,
            )
            for event, message in zip(events, map(event_message, events), strict=True)
        ]
        try:
            async with asyncio.timeout(self._timing.confirm_timeout):
                answers = await asyncio.gather(*sending, return_exceptions=True)
        except TimeoutError:
            # Events 1–3 may still be in the connection's buffers. If they left after the next attempt had
            # published 1–4 over a new connection, RabbitMQ would have 1, 2, 3, 4, 1, 2, 3.
            self._drop()
            raise BrokerUnavailable("RabbitMQ did not confirm events in time") from None
        for answer in answers:
            if isinstance(answer, (*FAULTS, asyncio.CancelledError)):
                # An event is returned when its queue is missing; the next connection declares all queues.
                self._drop()
                raise BrokerUnavailable(f"RabbitMQ did not take an event: {fault_text(answer)}") from answer
            if isinstance(answer, BaseException):
                raise answer

    def _drop(self) -> None:
        self._channel = None
        self._link.drop()

    async def _open(self) -> Channel:
        async with self._opening:
            if self._channel is None or self._channel.is_closed:
                self._channel = await self._link.channel(within=0)
            channel = await self._channel.get_underlay_channel()
            assert isinstance(channel, Channel), "aio-pika stands on aiormq"
            return channel
