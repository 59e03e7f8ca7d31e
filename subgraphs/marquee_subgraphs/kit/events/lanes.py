"""`Lanes`: hands the deliveries of one queue to a handler, one lane for each aggregate, and retries failures.

Lanes run concurrently; within a lane an event starts only after the event before it is done or dead:

    order ord_1:  placed ──▶ confirmed (fails, pause, retry) ──▶ cancelled (waits)
    order ord_2:  placed ──▶ confirmed                            (not held up by ord_1)

The broker owns the deliveries and learns by `Endings` how each ended.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Generic, Protocol, TypeVar

from marquee_subgraphs.kit.events.broker import DeathObserver, EventHandler
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.errors import PoisonEvent
from marquee_subgraphs.kit.events.retry import RetryPolicy
from marquee_subgraphs.kit.faults import TemporarilyUnavailable

_LOGGER = logging.getLogger(__name__)
_GRACE_SECONDS = 10.0
_AWAY_PAUSE_SECONDS = 2.0
"""The longest pause before a handler is tried again whose store or service was away."""
MAX_CONCURRENT = 16
"""How many events of one queue are handled at a time."""

Lane = tuple[str, str]


class Deliverable(Protocol):
    """An event on its way to one queue."""

    @property
    def event(self) -> Envelope:
        """The event that is delivered."""
        ...

    @property
    def attempts(self) -> int:
        """The number of attempts have failed so far."""
        ...


D = TypeVar("D", bound=Deliverable)
D_contra = TypeVar("D_contra", bound=Deliverable, contravariant=True)


class Endings(Protocol[D_contra]):
    """What a broker does when an attempt ends. Must not raise: the lane would end."""

    async def done(self, delivery: D_contra) -> None:
        """Acknowledge a delivery that was handled."""
        ...

    async def failed(
        self, delivery: D_contra, attempts: int, error: Exception, pause_seconds: float | None
    ) -> None:
        """Record a failed attempt. The delivery is retried after the pause; without a pause it is dead."""
        ...


class Lanes(Generic[D]):
    """The deliveries of one queue that are in memory."""

    def __init__(
        self,
        queue: str,
        handler: EventHandler,
        retry: RetryPolicy,
        endings: Endings[D],
        concurrency: asyncio.Semaphore | None = None,
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._retry = retry
        self._endings = endings
        self._concurrency = concurrency or asyncio.Semaphore(MAX_CONCURRENT)
        self._waiting: dict[Lane, deque[tuple[D, float]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    def add(self, delivery: D, pause_seconds: float = 0.0) -> None:
        """Put a delivery at the end of its lane; its first attempt begins after the pause."""
        lane = (delivery.event.producer, delivery.event.aggregate_id)
        if lane in self._waiting:
            self._waiting[lane].append((delivery, pause_seconds))
            return
        self._waiting[lane] = deque(((delivery, pause_seconds),))
        task = asyncio.create_task(self._run(lane), name=f"lane-{self._queue}-{lane[1]}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: Lane) -> None:
        waiting = self._waiting[lane]
        while waiting and not self._closing.is_set():
            if not await self._finish(*waiting[0]):
                return
            waiting.popleft()
        del self._waiting[lane]

    async def _finish(self, delivery: D, pause: float) -> bool:
        """Attempt a delivery until it is done or dead; return False when the lanes were closed first."""
        attempts, in_vain = delivery.attempts, 0
        while not await self._closed_within(pause):
            async with self._concurrency:
                if self._closing.is_set():
                    return False
                error = await self._attempt(delivery.event)
            if error is None:
                await self._endings.done(delivery)
                return True
            if isinstance(error, TemporarilyUnavailable):
                # The store is away, say for an hour: that says nothing about the event, so it uses up no
                # attempt. Counted, twelve attempts in six minutes would turn every event into a dead letter.
                in_vain += 1
                grown = self._retry.pause_seconds(min(in_vain, self._retry.attempts - 1)) or 0.0
                pause = min(grown, _AWAY_PAUSE_SECONDS)
                continue
            attempts += 1
            next_pause = None if isinstance(error, PoisonEvent) else self._retry.pause_seconds(attempts)
            observer: object = self._handler
            if next_pause is None and isinstance(observer, DeathObserver):
                observer.died(delivery.event)
            await self._endings.failed(delivery, attempts, error, next_pause)
            if next_pause is None:
                return True
            pause = next_pause
        return False

    async def _attempt(self, event: Envelope) -> Exception | None:
        try:
            await self._handler(event)
        except TemporarilyUnavailable as error:
            _LOGGER.warning("%s waits with %s %s: %s", self._queue, event.type, event.id, error)
            return error
        except Exception as error:
            _LOGGER.warning("%s could not take %s %s", self._queue, event.type, event.id, exc_info=error)
            return error
        return None

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
        """Start nothing more; events that are being handled have ten seconds to finish."""
        self._closing.set()
        if self._tasks:
            _, late = await asyncio.wait(tuple(self._tasks), timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)


def error_text(error: Exception) -> str:
    """Return the text that is kept of an error beside its delivery."""
    return f"{type(error).__name__}: {error}"[:2000]
