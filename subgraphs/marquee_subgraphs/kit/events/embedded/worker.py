"""`QueueWorker`: loads the deliveries of one queue into lanes and records how they end.

At most 512 deliveries are in memory, however long the queue is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events.broker import EventHandler
from marquee_subgraphs.kit.events.embedded.deliveries import Delivery, due, note_failure
from marquee_subgraphs.kit.events.lanes import Lanes, error_text
from marquee_subgraphs.kit.events.retry import RetryPolicy
from marquee_subgraphs.kit.faults import log_fault

_LOGGER = logging.getLogger(__name__)
_LOADED_AT_MOST = 512
_PAUSE_AFTER_FAULT_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class WorkerParts:
    """What the workers of one broker share."""

    database: Database
    clock: Clock
    retry: RetryPolicy
    acknowledge: Callable[[int], None]
    """Takes the sequence number of a delivery that is done."""
    progressed: Callable[[], None]


class QueueWorker:
    """Consumes one queue; a `Subscription`."""

    def __init__(self, queue: str, handler: EventHandler, parts: WorkerParts) -> None:
        self.queue = queue
        self._parts = parts
        self._lanes = Lanes[Delivery](queue, handler, parts.retry, self)
        self._loaded_through = 0
        self._loaded = 0
        self._more = asyncio.Event()
        self._loader = asyncio.create_task(self._load(), name=f"queue-{queue}")
        self.wake()

    def wake(self) -> None:
        """Look for new deliveries."""
        self._more.set()

    async def _load(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            room = _LOADED_AT_MOST - self._loaded
            if room <= 0:
                continue  # a delivery that ends wakes the loader again
            try:
                async with self._parts.database.read() as connection:
                    deliveries = await due(connection, self.queue, self._loaded_through, room)
            except Exception as error:  # noqa: BLE001  # the queue is read again: the worker must live on
                log_fault(_LOGGER, error, "the queue %s could not be read, trying again", self.queue)
                await asyncio.sleep(_PAUSE_AFTER_FAULT_SECONDS)
                self._more.set()
                continue
            for delivery in deliveries:
                self._add(delivery)
            if len(deliveries) == room:
                self._more.set()

    def _add(self, delivery: Delivery) -> None:
        self._loaded_through = delivery.sequence
        self._loaded += 1
        pause = 0.0
        if delivery.next_attempt_at is not None:
            pause = (delivery.next_attempt_at - self._parts.clock.now()).total_seconds()
        self._lanes.add(delivery, pause)

    async def done(self, delivery: Delivery) -> None:
        """Acknowledge a delivery, which makes room for another."""
        self._parts.acknowledge(delivery.sequence)
        self._ended()

    async def failed(
        self, delivery: Delivery, attempts: int, error: Exception, pause_seconds: float | None
    ) -> None:
        """Record the attempt, so that a restart does not begin to count again."""
        now = self._parts.clock.now()
        again_at = None if pause_seconds is None else now + timedelta(seconds=pause_seconds)
        try:
            async with self._parts.database.transaction(durable=False) as tx:
                await note_failure(tx, delivery.sequence, attempts, error_text(error), again_at, now)
        except Exception as fault:  # noqa: BLE001  # the worker must live on, even when the disk is full
            # Only the count of attempts is lost: the row is still `ready` and is loaded at the next start.
            log_fault(_LOGGER, fault, "a failed attempt in %s could not be recorded", self.queue)
        if again_at is None:
            self._ended()
        self._parts.progressed()

    def _ended(self) -> None:
        self._loaded -= 1
        self._more.set()

    async def close(self) -> None:
        """Stop; events that are being handled have ten seconds to finish, the others stay in the queue."""
        self._loader.cancel()
        await asyncio.gather(self._loader, return_exceptions=True)
        await self._lanes.close()
