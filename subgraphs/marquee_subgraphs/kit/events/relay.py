"""`Relay`: publishes the committed rows of an outbox in order, at start and after each commit.

Publishing and marking are two steps: a crash between them publishes a row again, which inboxes ignore. Must
never mark an event as published before the broker has confirmed it, for then a crash would lose it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from sqlalchemy import func, select

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events.broker import Broker
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import BrokerUnavailable
from marquee_subgraphs.kit.events.observer import UNOBSERVED, EventObserver
from marquee_subgraphs.kit.events.outbox import Outbox, count_unpublished, mark_published, unpublished
from marquee_subgraphs.kit.faults import TemporarilyUnavailable

_LOGGER = logging.getLogger(__name__)
_BATCH = 256
_RELAY_LOCK = 7_310_468_002
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 2.0
"""Events that were added while the broker was away leave at most this long after it is back."""
_PUBLISH_TIMEOUT_SECONDS = 30.0
_LOOK_EVERY_SECONDS = 5.0


class Relay:
    """Carries one outbox to the broker."""

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        broker: Broker,
        clock: Clock | None = None,
        observer: EventObserver = UNOBSERVED,
    ) -> None:
        self._observer = observer
        self._database = database
        self._outbox = outbox
        self._broker = broker
        self._clock = clock or SystemClock()
        self._work = asyncio.Event()
        self._progress = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._in_trouble = False

    def start(self) -> None:
        """Publish what a former process left behind, then whatever commits."""
        self._outbox.wakes(self._work.set)
        self._work.set()
        self._task = asyncio.create_task(self._run(), name=f"relay-{self._outbox.producer}")

    async def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                # A replica that dies after its commit wakes nobody: the others find its rows by looking.
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._work.wait()
            except TimeoutError:
                pass
            self._work.clear()
            if await self._publish_all():
                pause = _FIRST_PAUSE_SECONDS
                self._progress.set()
            else:
                self._work.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _publish_all(self) -> bool:
        """Publish until nothing is left; return False when that must be tried again."""
        try:
            while (published := await self.publish_batch()) == _BATCH:
                pass
        except BrokerUnavailable as error:  # the broker itself logs its outage, once
            _LOGGER.debug("the relay of %s waits: %s", self._outbox.producer, error)
            return False
        except TemporarilyUnavailable as error:
            level = logging.DEBUG if self._in_trouble else logging.WARNING
            _LOGGER.log(level, "the relay of %s waits: %s", self._outbox.producer, error)
            self._in_trouble = True
            return False
        except Exception:  # the relay must outlive every fault: nobody else publishes these events
            level = logging.DEBUG if self._in_trouble else logging.ERROR
            _LOGGER.log(level, "the relay of %s will try again", self._outbox.producer, exc_info=True)
            self._in_trouble = True
            return False
        self._in_trouble = False
        return published is not None

    async def publish_batch(self) -> int | None:
        """Publish the oldest unpublished events, at most 256; return how many.

        Returns None while another replica publishes: rows that it does not see yet must be looked for again.
        """
        if self._database.dialect == "postgresql":
            return await self._publish_locked()
        async with self._database.read() as connection:
            batch = await unpublished(connection, _BATCH)
        if batch:
            await self._publish([event for _, event in batch])
            # Not flushed to disk: if the machine fails now, the events are published again and ignored.
            async with self._database.transaction(durable=False) as tx:
                await mark_published(tx, [sequence for sequence, _ in batch], self._clock.now())
        return len(batch)

    async def _publish(self, events: Sequence[Envelope]) -> None:
        with self._observer.publishing(events):
            async with asyncio.timeout(_PUBLISH_TIMEOUT_SECONDS):
                await self._broker.publish(events)

    async def _publish_locked(self) -> int | None:
        # One replica at a time. If A read `order.placed` and B `order.cancelled` of one order, B could
        # publish first. The lock ends with the transaction, also when its process dies; a replica that does
        # not get it goes on without waiting. The connection is held for as long as the broker confirms, 30 s
        # at most.
        async with self._database.transaction(durable=False) as tx:
            if not await tx.scalar(select(func.pg_try_advisory_xact_lock(_RELAY_LOCK))):
                return None
            batch = await unpublished(tx, _BATCH)
            if batch:
                await self._publish([event for _, event in batch])
                await mark_published(tx, [sequence for sequence, _ in batch], self._clock.now())
        return len(batch)

    async def flushed(self) -> None:
        """Return when the broker has confirmed every event that is committed."""
        while True:
            self._progress.clear()
            async with self._database.read() as connection:
                if await count_unpublished(connection) == 0:
                    return
            await self._progress.wait()

    async def close(self) -> None:
        """Stop; unpublished events are found at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
