"""`QueueWorker`: takes the deliveries of one queue, one lane per aggregate, lanes side by side.

Holds a bounded part of the queue in memory. Must never start an aggregate's event before the one ahead of it
is done or dead.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from datetime import timedelta

from subgraphs.kit.clock import Clock
from subgraphs.kit.database import Database
from subgraphs.kit.events.broker import EventHandler
from subgraphs.kit.events.embedded.deliveries import Delivery, due, note_failure
from subgraphs.kit.events.embedded.retry import RetryPolicy
from subgraphs.kit.events.errors import PoisonEvent

_LOGGER = logging.getLogger(__name__)
_LOADED_AT_MOST = 512
_SIDE_BY_SIDE = 16
_GRACE_SECONDS = 10.0
_PAUSE_AFTER_FAULT_SECONDS = 0.5

Lane = tuple[str, str]


class QueueWorker:
    """The workers of one queue; a `Subscription`."""

    def __init__(
        self,
        queue: str,
        handler: EventHandler,
        database: Database,
        clock: Clock,
        retry: RetryPolicy,
        acknowledge: Callable[[int], None],
        progressed: Callable[[], None],
    ) -> None:
        self.queue = queue
        self._handler = handler
        self._database = database
        self._clock = clock
        self._retry = retry
        self._acknowledge = acknowledge
        self._progressed = progressed
        self._lanes: dict[Lane, deque[Delivery]] = {}
        self._lane_tasks: set[asyncio.Task[None]] = set()
        self._side_by_side = asyncio.Semaphore(_SIDE_BY_SIDE)
        self._loaded_through = 0
        self._loaded = 0
        self._more = asyncio.Event()
        self._closing = asyncio.Event()
        self._loader = asyncio.create_task(self._load(), name=f"queue-{queue}")
        self.wake()

    def wake(self) -> None:
        """Look for deliveries."""
        self._more.set()

    async def _load(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            room = _LOADED_AT_MOST - self._loaded
            if room <= 0:
                continue  # a lane that finishes wakes the loader again
            try:
                async with self._database.read() as connection:
                    deliveries = await due(connection, self.queue, self._loaded_through, room)
            except Exception:  # a queue that cannot be read now is read again: its worker must live
                _LOGGER.exception("the queue %s could not be read, trying again", self.queue)
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
        lane = (delivery.event.producer, delivery.event.aggregate_id)
        if lane in self._lanes:
            self._lanes[lane].append(delivery)
            return
        self._lanes[lane] = deque((delivery,))
        task = asyncio.create_task(
            self._run_lane(lane), name=f"lane-{self.queue}-{delivery.event.aggregate_id}"
        )
        self._lane_tasks.add(task)
        task.add_done_callback(self._lane_tasks.discard)

    async def _run_lane(self, lane: Lane) -> None:
        waiting = self._lanes[lane]
        while waiting and not self._closing.is_set():
            if not await self._finish(waiting[0]):
                return
            waiting.popleft()
            self._loaded -= 1
            self._more.set()
        del self._lanes[lane]

    async def _finish(self, delivery: Delivery) -> bool:
        """Attempt until it is done or dead; false when closing came first."""
        attempts = delivery.attempts
        pause = 0.0
        if delivery.next_attempt_at is not None:
            pause = (delivery.next_attempt_at - self._clock.now()).total_seconds()
        while not await self._closed_within(pause):
            async with self._side_by_side:
                if self._closing.is_set():
                    return False
                error = await self._attempt(delivery)
            if error is None:
                self._acknowledge(delivery.sequence)
                return True
            attempts += 1
            next_pause = None if isinstance(error, PoisonEvent) else self._retry.pause_seconds(attempts)
            await self._note(delivery, attempts, error, next_pause)
            if next_pause is None:
                return True
            pause = next_pause
        return False

    async def _attempt(self, delivery: Delivery) -> Exception | None:
        try:
            await self._handler(delivery.event)
        except Exception as error:
            event = delivery.event
            _LOGGER.warning("%s could not take %s %s", self.queue, event.type, event.id, exc_info=error)
            return error
        return None

    async def _note(
        self, delivery: Delivery, attempts: int, error: Exception, pause_seconds: float | None
    ) -> None:
        now = self._clock.now()
        again_at = None if pause_seconds is None else now + timedelta(seconds=pause_seconds)
        text = f"{type(error).__name__}: {error}"[:2000]
        try:
            async with self._database.transaction(durable=False) as tx:
                await note_failure(tx, delivery.sequence, attempts, text, again_at, now)
        except Exception:  # the worker must live whatever the disk says
            # The count of attempts is lost, the delivery is not: it is ready, and taken up at the next start.
            _LOGGER.exception("a failed attempt in %s could not be recorded", self.queue)
        self._progressed()

    async def _closed_within(self, seconds: float) -> bool:
        if seconds <= 0 or self._closing.is_set():
            return self._closing.is_set()
        try:
            async with asyncio.timeout(seconds):
                await self._closing.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Stop; events being handled get some seconds to finish, the rest stays in the queue."""
        self._closing.set()
        self._loader.cancel()
        await asyncio.gather(self._loader, return_exceptions=True)
        if self._lane_tasks:
            _, late = await asyncio.wait(tuple(self._lane_tasks), timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
