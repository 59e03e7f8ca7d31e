"""`Topology`: the exchange and the queues of all consumers, declared whole by every process that connects.

An event is lost to a queue that is not declared yet when the event is published. Therefore `tickets` alone
declares also the queues of `analytics`, even if analytics has never run. Must never delete anything.
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
"""An event delivered so often without an acknowledgement becomes a dead letter: it may crash its consumers.
"""
# Listing a dead letter counts as a delivery; with its default limit RabbitMQ 4 would drop it after twenty.
_PLAIN_ARGUMENTS: Final[FieldTable] = {"x-queue-type": "quorum", "x-delivery-limit": 2_000_000_000}


@dataclass(frozen=True, slots=True)
class Topology:
    """The names on the broker.

    Each consumer has `partitions` queues, each consumed by one replica at a time, and a queue of dead
    letters. The aggregate decides the partition: all events of order ord_1 are in `marquee.tickets.2`, say,
    in order, while another replica handles the orders of `marquee.tickets.0`.
    """

    prefix: str
    queues: Mapping[str, frozenset[str]]
    """The event types of each consumer."""
    partitions: int = PARTITIONS
    delivery_limit: int = DELIVERY_LIMIT

    def with_queue(self, queue: str, types: Collection[str]) -> Topology:
        """Return this topology with `types` added to `queue`."""
        wanted = self.queues.get(queue, frozenset()) | frozenset(types)
        queues = {**self.queues, queue: wanted}
        return Topology(self.prefix, queues, self.partitions, self.delivery_limit)

    @property
    def exchange(self) -> str:
        """The topic exchange that all events are published to."""
        return f"{self.prefix}.events"

    def partition_queue(self, queue: str, partition: int) -> str:
        """Return the name of a consumer's queue of one partition."""
        return f"{self.prefix}.{queue}.{partition}"

    def dead_queue(self, queue: str) -> str:
        """Return the name of a consumer's queue of dead letters."""
        return f"{self.prefix}.{queue}.dead"

    def replica_queue(self, queue: str) -> str:
        """Return the name of the queue without messages that every replica consumes, so that RabbitMQ can
        count the replicas.
        """
        return f"{self.prefix}.{queue}.replicas"

    def partition_of(self, event: Envelope) -> int:
        """Return the partition of the event's aggregate."""
        return zlib.crc32(f"{event.producer}/{event.aggregate_id}".encode()) % self.partitions

    def routing_key(self, event: Envelope) -> str:
        """Return the routing key, such as `order.placed.3`."""
        return f"{event.type}.{self.partition_of(event)}"

    def has_consumer(self, event_type: str) -> bool:
        """Return True if any consumer has this type."""
        return any(event_type in types for types in self.queues.values())

    async def declare(self, channel: AbstractChannel, queues: Collection[str] | None = None) -> None:
        """Declare the queues of all consumers, or only of `queues`; existing ones stay as they are.

        Raises aio-pika's error when a queue of that name exists with other arguments.
        """
        await channel.declare_exchange(self.exchange, ExchangeType.TOPIC, durable=True)
        raw = await channel.get_underlay_channel()
        for queue in self.queues if queues is None else queues:
            for name in (self.dead_queue(queue), self.replica_queue(queue)):
                await channel.declare_queue(name, durable=True, arguments=_PLAIN_ARGUMENTS)
            for partition in range(self.partitions):
                name = self.partition_queue(queue, partition)
                await channel.declare_queue(name, durable=True, arguments=self._arguments(queue))
                for each in sorted(self.queues[queue]):
                    await raw.queue_bind(name, self.exchange, f"{each}.{partition}", nowait=True)
        # `nowait` bindings have no answer. This declaration has one, after all of them are made.
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
