"""`ServiceEvents`: a subgraph's outbox, relay and consumer, wired, started and closed together."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Protocol

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events.broker import Broker, Subscription
from marquee_subgraphs.kit.events.consumer import Consumer
from marquee_subgraphs.kit.events.observer import UNOBSERVED, EventObserver
from marquee_subgraphs.kit.events.outbox import Outbox
from marquee_subgraphs.kit.events.relay import Relay
from marquee_subgraphs.kit.faults import log_fault

_LOGGER = logging.getLogger(__name__)
_OUTBOX_KEPT = timedelta(days=7)
_INBOX_KEPT = timedelta(days=90)
_PRUNE_EVERY_SECONDS = 60.0


class CountingBroker(Protocol):
    """A broker that knows when it is idle."""

    @property
    def published(self) -> int:
        """The number of events published through it."""
        ...

    async def settled(self) -> None:
        """Return when every delivery is done or dead."""
        ...


class ServiceEvents:
    """The event side of one subgraph."""

    def __init__(
        self,
        service: str,
        database: Database,
        broker: Broker,
        clock: Clock | None = None,
        observer: EventObserver = UNOBSERVED,
    ) -> None:
        self.outbox = Outbox(service, clock, observer)
        self.consumer = Consumer(database, service, clock, observer)
        self.relay = Relay(database, self.outbox, broker, clock, observer)
        self._broker = broker
        self._database = database
        self._clock = clock or SystemClock()
        self._pruning: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None

    @property
    def connected(self) -> bool:
        """True while the broker can be reached; otherwise events wait and commands still commit."""
        return self._broker.connected

    async def start_consuming(self) -> None:
        """Bind the queue and consume its events.

        Of several subgraphs in one process, all start consuming before any starts publishing: a queue that is
        not bound yet would miss an event.
        """
        if self.consumer.types:
            self._subscription = await self._broker.consume(
                self.consumer.queue, self.consumer.types, self.consumer
            )

    def start_publishing(self) -> None:
        """Publish the events that wait in the outbox, and those that come."""
        self.relay.start()
        self._pruning = asyncio.create_task(self._delete_old_rows(), name=f"prune-{self.outbox.producer}")

    async def prune(self) -> None:
        """Delete events published a week ago, and inbox rows three months old, some of them at a time."""
        now = self._clock.now()
        async with self._database.transaction(durable=False) as tx:
            await self.outbox.prune(tx, now - _OUTBOX_KEPT)
            await self.consumer.inbox.prune(tx, now - _INBOX_KEPT)

    async def _delete_old_rows(self) -> None:
        while True:
            await asyncio.sleep(_PRUNE_EVERY_SECONDS)
            try:
                await self.prune()
            except Exception as error:  # noqa: BLE001  # deleting old rows must never end the service
                log_fault(_LOGGER, error, "old events of %s could not be deleted", self.outbox.producer)

    async def start(self) -> None:
        """Consume and publish."""
        await self.start_consuming()
        self.start_publishing()

    async def close(self) -> None:
        """Finish the events that are being handled; the others wait for the next start."""
        if self._subscription is not None:
            await self._subscription.close()
            self._subscription = None
        await self.relay.close()
        if self._pruning is not None:
            self._pruning.cancel()
            await asyncio.gather(self._pruning, return_exceptions=True)
            self._pruning = None


async def all_settled(broker: CountingBroker, *services: ServiceEvents) -> None:
    """Return when no event is on its way: every outbox is empty, every delivery done or dead.

    The services must be publishing. For tests and orderly ends.
    """
    while True:
        # A handler that ran meanwhile may have added events of its own: look until a whole round adds none.
        published = broker.published
        for service in services:
            await service.relay.flushed()
        await broker.settled()
        for service in services:
            await service.relay.flushed()
        if broker.published == published:
            return
