"""`Relay`: publishes committed outbox rows in order, woken by each commit and at start, so a crash loses
nothing.

Must never mark an event published before the broker has confirmed it.
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
"""So soon after the broker is back do the events of its absence leave."""
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
        """Publish what a former process left, then whatever commits."""
        self._outbox.wakes(self._work.set)
        self._work.set()
        self._task = asyncio.create_task(self._run(), name=f"relay-{self._outbox.producer}")

    async def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                # Rows of a replica that died before it published them are found without being woken.
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
        """Publish until nothing is left; false when it must be tried again."""
        try:
            while (published := await self.publish_batch()) == _BATCH:
                pass
        except BrokerUnavailable as error:  # the broker tells of its outage, once
            _LOGGER.debug("the relay of %s waits: %s", self._outbox.producer, error)
            return False
        except TemporarilyUnavailable as error:
            level = logging.DEBUG if self._in_trouble else logging.WARNING
            _LOGGER.log(level, "the relay of %s waits: %s", self._outbox.producer, error)
            self._in_trouble = True
            return False
        except Exception:  # whatever it is, the relay goes on until it is over
            level = logging.DEBUG if self._in_trouble else logging.ERROR
            _LOGGER.log(level, "the relay of %s will try again", self._outbox.producer, exc_info=True)
            self._in_trouble = True
            return False
        self._in_trouble = False
        return published is not None

    async def publish_batch(self) -> int | None:
        """Publish the oldest unpublished events, at most 256; answer how many.

        None when another replica is at it: what it does not see yet must be looked for again.
        """
        if self._database.dialect == "postgresql":
            return await self._publish_locked()
        async with self._database.read() as connection:
            batch = await unpublished(connection, _BATCH)
        if batch:
            await self._publish([event for _, event in batch])
            # Lost with the machine, this only publishes again what inboxes know.
            async with self._database.transaction(durable=False) as tx:
                await mark_published(tx, [sequence for sequence, _ in batch], self._clock.now())
        return len(batch)

    async def _publish(self, events: Sequence[Envelope]) -> None:
        with self._observer.publishing(events):
            async with asyncio.timeout(_PUBLISH_TIMEOUT_SECONDS):
                await self._broker.publish(events)

    async def _publish_locked(self) -> int | None:
        # One replica at a time, or two would publish an aggregate's events in each other's way. It holds one
        # connection while the broker confirms, never longer than the time-out; the others do not wait on it.
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
        """Stop; what is unpublished is found at the next start."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
