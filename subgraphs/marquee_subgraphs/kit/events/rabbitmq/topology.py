"""`Topology`: the exchange and queues of all consumers, declared whole by whoever connects.

A queue that nobody has declared loses what is published meanwhile, so every process declares those of all
consumers, also of such that have never run. Must never delete anything.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel
from pamqp.common import FieldTable

from marquee_subgraphs.kit.events.envelope import Envelope

PARTITIONS = 4
DELIVERY_LIMIT = 50
"""An event that was delivered so often and never acknowledged is dead: it may be what kills its consumers."""
_PLAIN_ARGUMENTS: Final[FieldTable] = {"x-queue-type": "quorum", "x-delivery-limit": 2_000_000_000}
# Looking at a dead letter is a delivery; RabbitMQ 4 would drop it after twenty.


@dataclass(frozen=True, slots=True)
class Topology:
    """The names on the broker.

    Each consumer has `partitions` queues, each consumed by one replica at a time, and a queue of dead
    letters. An event's partition is its aggregate's, so an aggregate's events share a queue, in order.
    """

    prefix: str
    queues: Mapping[str, frozenset[str]]
    """The event types of each consumer."""
    partitions: int = PARTITIONS
    delivery_limit: int = DELIVERY_LIMIT

    def with_queue(self, queue: str, types: Collection[str]) -> Topology:
        """The same and `types` for `queue`."""
        wanted = self.queues.get(queue, frozenset()) | frozenset(types)
        queues = {**self.queues, queue: wanted}
        return Topology(self.prefix, queues, self.partitions, self.delivery_limit)

    @property
    def exchange(self) -> str:
        """The topic exchange that all events are published to."""
        return f"{self.prefix}.events"

    def partition_queue(self, queue: str, partition: int) -> str:
        """A consumer's queue of one partition."""
        return f"{self.prefix}.{queue}.{partition}"

    def dead_queue(self, queue: str) -> str:
        """A consumer's queue of dead letters."""
        return f"{self.prefix}.{queue}.dead"

    def roll_queue(self, queue: str) -> str:
        """A queue without messages that every replica of a consumer consumes, to be counted."""
        return f"{self.prefix}.{queue}.replicas"

    def partition_of(self, event: Envelope) -> int:
        """The partition of the event's aggregate."""
        return zlib.crc32(f"{event.producer}/{event.aggregate_id}".encode()) % self.partitions

    def routing_key(self, event: Envelope) -> str:
        """As `order.placed.3`."""
        return f"{event.type}.{self.partition_of(event)}"

    def hears(self, event_type: str) -> bool:
        """Whether any consumer wants the type."""
        return any(event_type in types for types in self.queues.values())

    async def declare(self, channel: AbstractChannel, queues: Collection[str] | None = None) -> None:
        """Make what is missing, of all consumers or of these; what is there stays as it is.

        Raises aio-pika's error when something of that name is there but different.
        """
        await channel.declare_exchange(self.exchange, ExchangeType.TOPIC, durable=True)
        raw = await channel.get_underlay_channel()
        for queue in self.queues if queues is None else queues:
            for name in (self.dead_queue(queue), self.roll_queue(queue)):
                await channel.declare_queue(name, durable=True, arguments=_PLAIN_ARGUMENTS)
            for partition in range(self.partitions):
                name = self.partition_queue(queue, partition)
                await channel.declare_queue(name, durable=True, arguments=self._arguments(queue))
                for each in sorted(self.queues[queue]):
                    await raw.queue_bind(name, self.exchange, f"{each}.{partition}", nowait=True)
        # Bindings are not answered; this is, once all of them are made.
        await channel.declare_exchange(self.exchange, ExchangeType.TOPIC, durable=True)

    def _arguments(self, queue: str) -> FieldTable:
        return {
            "x-queue-type": "quorum",
            "x-single-active-consumer": True,
            "x-delivery-limit": self.delivery_limit,
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": self.dead_queue(queue),
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
        }
