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
_TIDY_EVERY_SECONDS = 60.0


class CountingBroker(Protocol):
    """A broker that knows when it is idle."""

    @property
    def published(self) -> int:
        """How many events were published through it."""
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
        self._tidying: asyncio.Task[None] | None = None
        self._subscription: Subscription | None = None

    @property
    def connected(self) -> bool:
        """Whether the broker can be reached; when not, events wait and commands still commit."""
        return self._broker.connected

    async def listen(self) -> None:
        """Bind the queue and take its events. Of subgraphs in one process, all listen before any `speak`s."""
        if self.consumer.types:
            self._subscription = await self._broker.consume(
                self.consumer.queue, self.consumer.types, self.consumer
            )

    def speak(self) -> None:
        """Publish what the outbox holds, and whatever comes."""
        self.relay.start()
        self._tidying = asyncio.create_task(self._tidy_up(), name=f"tidying-{self.outbox.producer}")

    async def prune(self) -> None:
        """Forget what was published a week ago and what was taken a quarter ago, some of it at a time."""
        now = self._clock.now()
        async with self._database.transaction(durable=False) as tx:
            await self.outbox.prune(tx, now - _OUTBOX_KEPT)
            await self.consumer.inbox.prune(tx, now - _INBOX_KEPT)

    async def _tidy_up(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_EVERY_SECONDS)
            try:
                await self.prune()
            except Exception as error:  # noqa: BLE001  # tidying must never end the service
                log_fault(_LOGGER, error, "old events of %s could not be deleted", self.outbox.producer)

    async def start(self) -> None:
        """Listen and speak."""
        await self.listen()
        self.speak()

    async def close(self) -> None:
        """Finish the events being handled; the rest waits for the next start."""
        if self._subscription is not None:
            await self._subscription.close()
            self._subscription = None
        await self.relay.close()
        if self._tidying is not None:
            self._tidying.cancel()
            await asyncio.gather(self._tidying, return_exceptions=True)
            self._tidying = None


async def all_settled(broker: CountingBroker, *services: ServiceEvents) -> None:
    """Return when no event is on its way: every outbox is flushed, every delivery done or dead, and none
    led on.

    For tests and orderly ends; the services must be speaking.
    """
    while True:
        published = broker.published
        for service in services:
            await service.relay.flushed()
        await broker.settled()
        for service in services:
            await service.relay.flushed()
        if broker.published == published:
            return
