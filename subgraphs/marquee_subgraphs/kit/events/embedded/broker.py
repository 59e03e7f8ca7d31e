"""`EmbeddedBroker`: durable queues in `events.sqlite`, with the promises of `Broker`.

Several processes may share the file, as long as each queue is consumed by only one of them. Events are kept
for a day after they are done, so that a queue that is bound later still gets them. Must never lose an event
after `publish` has returned.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events.broker import DeadLetter, EventHandler, Subscription
from marquee_subgraphs.kit.events.embedded.deliveries import (
    bind,
    count_ready,
    dead,
    enqueue,
    forget,
    knows,
    prune,
    revive,
)
from marquee_subgraphs.kit.events.embedded.migrations import HISTORY
from marquee_subgraphs.kit.events.embedded.worker import QueueWorker, WorkerParts
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import BrokerClosed, UnknownQueue
from marquee_subgraphs.kit.events.retry import RetryPolicy
from marquee_subgraphs.kit.faults import log_fault

_LOGGER = logging.getLogger(__name__)
_LOOK_EVERY_SECONDS = 0.1
_LOOKS_PER_PRUNING = 300
_KEPT = timedelta(days=1)


class EmbeddedBroker:
    """A `Broker` in one SQLite file."""

    def __init__(self, database: Database, clock: Clock, retry: RetryPolicy) -> None:
        self._database = database
        self._clock = clock
        self._retry = retry
        self._workers: dict[str, QueueWorker] = {}
        self._acknowledged: list[int] = []
        self._acknowledging: asyncio.Task[None] | None = None
        self._progress = asyncio.Event()
        self._closed = False
        self.published = 0
        self._watch = asyncio.create_task(self._watch_file(), name="broker-watch")

    @classmethod
    async def open(
        cls, path: Path, *, clock: Clock | None = None, retry: RetryPolicy | None = None
    ) -> EmbeddedBroker:
        """Open or make the file at `path`."""
        database = await Database.open(f"sqlite:///{path}", HISTORY, kit_tables=False)
        return cls(database, clock or SystemClock(), retry or RetryPolicy())

    async def __aenter__(self) -> EmbeddedBroker:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def connected(self) -> bool:
        """True until the broker is closed."""
        return not self._closed

    async def publish(self, events: Sequence[Envelope]) -> None:
        """Return when every event is on disk in every queue that is bound to its type."""
        self._refuse_when_closed()
        async with self._database.transaction() as tx:
            queues = await enqueue(tx, events, self._clock.now())
            tx.after_commit(lambda: self._wake(queues))
        self.published += len(events)

    def _wake(self, queues: Collection[str]) -> None:
        for queue in queues:
            if queue in self._workers:
                self._workers[queue].wake()

    async def consume(self, queue: str, types: Collection[str], handler: EventHandler) -> Subscription:
        """Bind `types` to `queue` and hand its events to `handler` until closed."""
        self._refuse_when_closed()
        if queue in self._workers:
            raise ValueError(f"the queue {queue} is consumed already")
        async with self._database.transaction() as tx:
            await bind(tx, queue, types, self._clock.now())
        parts = WorkerParts(
            database=self._database,
            clock=self._clock,
            retry=self._retry,
            acknowledge=self._acknowledge,
            progressed=self._progress.set,
        )
        worker = QueueWorker(queue, handler, parts)
        self._workers[queue] = worker
        return _Consumption(self._workers, worker)

    def _acknowledge(self, sequence: int) -> None:
        self._acknowledged.append(sequence)
        if self._acknowledging is None:
            self._acknowledging = asyncio.create_task(self._forget_acknowledged(), name="broker-acks")

    async def _forget_acknowledged(self) -> None:
        # Many acknowledgements in one transaction, without a flush to disk: if the machine fails now, the
        # events are delivered again and the inboxes ignore them.
        done: list[int] = []
        try:
            while self._acknowledged:
                done, self._acknowledged = self._acknowledged, []
                async with self._database.transaction(durable=False) as tx:
                    await forget(tx, done)
        except Exception as error:  # noqa: BLE001  # written with the next ones; at worst events come again
            self._acknowledged[:0] = done
            log_fault(_LOGGER, error, "acknowledgements could not be written; tried again with the next")
        finally:
            self._acknowledging = None
            self._progress.set()

    async def dead_letters(self, queue: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """Return the oldest deliveries that were given up."""
        self._refuse_when_closed()
        async with self._database.read() as connection:
            return await dead(connection, queue, limit)

    async def replay(self, queue: str, event_ids: Collection[str] | None = None) -> int:
        """Queue dead letters again, all of `queue` or only `event_ids`; return how many.

        Raises `UnknownQueue`.
        """
        self._refuse_when_closed()
        async with self._database.transaction() as tx:
            if not await knows(tx, queue):
                raise UnknownQueue(f"no consumer has a queue {queue!r}")
            count = await revive(tx, queue, event_ids, self._clock.now())
            tx.after_commit(lambda: self._wake([queue]))
        return count

    async def prune(self, before: datetime) -> None:
        """Delete events published before `before` that every queue is done with, some at a time."""
        async with self._database.transaction(durable=False) as tx:
            await prune(tx, before)

    async def backlog(self) -> int:
        """Return how many deliveries are neither done nor dead."""
        async with self._database.read() as connection:
            return await count_ready(connection)

    async def settled(self) -> None:
        """Return when every delivery is done or dead."""
        while True:
            self._progress.clear()
            if await self.backlog() == 0:
                return
            await self._progress.wait()

    async def _watch_file(self) -> None:
        """Notice what other processes publish into the queues of this one; prune now and then."""
        seen = self._database.data_version()
        for look in itertools.count(1):
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            # Every 30 seconds: often enough that no pruning has much to delete.
            if look % _LOOKS_PER_PRUNING == 0:
                await self._prune_old()
            version = self._database.data_version()
            if version != seen:
                seen = version
                self._wake(tuple(self._workers))
                self._progress.set()

    async def _prune_old(self) -> None:
        try:
            await self.prune(self._clock.now() - _KEPT)
        except Exception as error:  # noqa: BLE001  # pruning must never end the broker
            log_fault(_LOGGER, error, "old events could not be deleted; tried again in a while")

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise BrokerClosed("the broker is closed")

    async def close(self) -> None:
        """Close every subscription, write the last acknowledgements, close the file."""
        if self._closed:
            return
        self._closed = True
        self._watch.cancel()
        await asyncio.gather(self._watch, return_exceptions=True)
        for worker in tuple(self._workers.values()):
            await worker.close()
        if self._acknowledging is not None:
            await self._acknowledging
        await self._database.close()


class _Consumption:
    __slots__ = ("_worker", "_workers")

    def __init__(self, workers: dict[str, QueueWorker], worker: QueueWorker) -> None:
        self._workers = workers
        self._worker = worker

    async def close(self) -> None:
        await self._worker.close()
        self._workers.pop(self._worker.queue, None)
