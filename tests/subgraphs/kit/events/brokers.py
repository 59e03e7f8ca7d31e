"""Both brokers behind one door, so that the same tests hold for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from marquee_subgraphs.kit.events import EmbeddedBroker, Envelope
from marquee_subgraphs.kit.events.rabbitmq import Address, RabbitMqBroker, Timing
from marquee_subgraphs.kit.events.retry import RetryPolicy
from tests.subgraphs.amqp import new_prefix, remove

AnyBroker = EmbeddedBroker | RabbitMqBroker

AT_ONCE: Final = RetryPolicy(attempts=3, first_pause_seconds=0)
QUICK: Final = Timing(
    connect_timeout=2.0,
    confirm_timeout=10.0,
    command_timeout=2.0,
    first_reconnect=0.02,
    longest_reconnect=0.1,
    rebalance=0.1,
)
QUEUES: Final[Mapping[str, Collection[str]]] = {
    "orders": ["seats.sold"],
    "tickets": ["order.placed"],
}


class Brokers:
    """Opens brokers that share their queues."""

    async def open(self, retry: RetryPolicy = AT_ONCE) -> AnyBroker:
        """Open one; the caller closes it."""
        raise NotImplementedError

    async def remove(self) -> None:
        """Take away what the brokers leave; all are closed by now."""


class EmbeddedBrokers(Brokers):
    """Embedded ones, on one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def open(self, retry: RetryPolicy = AT_ONCE) -> EmbeddedBroker:
        """Open one; the caller closes it."""
        return await EmbeddedBroker.open(self.path, retry=retry)


class RabbitMqBrokers(Brokers):
    """Clients of RabbitMQ, under one prefix."""

    def __init__(self, server: str) -> None:
        self._server = server
        self.prefix = new_prefix()
        self._opened: list[RabbitMqBroker] = []

    def address(self, server: str | None = None) -> Address:
        """The test's own names on the server, or through a proxy of it."""
        return Address.parse(f"{server or self._server}?prefix={self.prefix}")

    async def open(
        self, retry: RetryPolicy = AT_ONCE, *, server: str | None = None, timing: Timing = QUICK
    ) -> RabbitMqBroker:
        """Open one; the caller closes it."""
        broker = await RabbitMqBroker.open(
            self.address(server), QUEUES, retry=retry, timing=timing, partitions=2
        )
        self._opened.append(broker)
        return broker

    async def remove(self) -> None:
        """Delete the queues and the exchange."""
        for topology in {broker.topology.prefix: broker.topology for broker in self._opened}.values():
            await remove(self._server, topology)


def placed(number: int, order: str | None = None, *, version: int = 1) -> Envelope:
    """An `order.placed` with an id of its own, of an order of its own unless one is given."""
    return Envelope(
        id=f"{number:08}",
        type="order.placed",
        version=1,
        occurred_at=datetime(2026, 1, 15, tzinfo=UTC),
        producer="orders",
        aggregate_id=order or f"ord_{number}",
        aggregate_version=version,
        correlation_id="1",
        causation_id=None,
        trace=None,
        payload={"number": number},
    )
