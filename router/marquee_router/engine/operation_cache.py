"""`OperationCache`: prepared operations by document, and refusals. Each document is prepared once.

Owns which thread prepares what. Must never prepare on the event loop.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final, TypeAlias

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.engine.operations import PreparedOperation
from marquee_router.engine.options import EngineOptions
from marquee_router.engine.preparation import Preparation
from marquee_router.engine.workers import Workers
from marquee_router.errors import RequestError
from marquee_router.instrumentation import PhaseTimes, PreparationHook
from marquee_router.planning.errors import TooComplexError
from marquee_router.request import OperationSpan

logger = logging.getLogger("marquee_router.engine")

DocumentKey: TypeAlias = tuple[str, str | None]
"""The text of a document, and `operationName`."""
Outcome: TypeAlias = PreparedOperation | RequestError
_LARGE_CHARACTERS: Final = 2_000
"""A longer document may take long to prepare."""
_LARGE_WAYS: Final = 1_000
"""So may one that takes more steps to plan than this, about ten milliseconds; only planning can tell."""
_REFUSAL_BYTES: Final = 2_000
"""The least size of one error of a refusal."""


class OperationCache:
    """The operations of one engine. Refusals are kept too: finding one costs as much as planning."""

    def __init__(
        self,
        preparation: Preparation,
        options: EngineOptions,
        workers: Workers,
        hook: PreparationHook | None,
    ) -> None:
        self._preparation = preparation
        self._workers = workers
        self._hook = hook
        self._outcomes: LeastRecentlyUsed[DocumentKey, Outcome] = LeastRecentlyUsed(
            options.documents_cached, options.documents_cached_bytes
        )
        self.get = self._outcomes.get
        """Returns the operation or the refusal for a document, None if it is not kept."""
        self._under_way: dict[DocumentKey, asyncio.Future[Outcome]] = {}

    def __len__(self) -> int:
        return len(self._outcomes)

    @property
    def bytes(self) -> int:
        """The estimated size of all entries."""
        return self._outcomes.bytes

    async def prepare(self, key: DocumentKey, span: OperationSpan | None = None) -> Outcome:
        """Prepare a document, or join the preparation that is under way; keeps the outcome."""
        future = self._under_way.get(key)
        if future is None:
            future = self._start(key, span)
        outcome = await asyncio.shield(future)  # one client that leaves must not cancel it for the others
        self._outcomes.put(key, outcome, _size(key, outcome))
        return outcome

    async def warm(self, previous: OperationCache, limit: int) -> int:
        """Prepare the `limit` operations that `previous` used last; return how many are ready to run."""
        recent = [key for key, _ in zip(previous._outcomes.recent(), range(limit), strict=False)]
        ready = 0
        for key in recent:
            try:
                ready += isinstance(await self.prepare(key), PreparedOperation)
            except Exception:  # the next client that sends this document gets the error
                logger.exception("an operation could not be prepared for a new supergraph")
        return ready

    def _start(self, key: DocumentKey, span: OperationSpan | None) -> asyncio.Future[Outcome]:
        phases, hook = PhaseTimes(), self._hook
        future = asyncio.ensure_future(self._on_worker(key, phases))
        if hook is not None:
            future.add_done_callback(lambda _: hook.prepared(phases))
        if span is not None:
            future.add_done_callback(lambda _: span.prepared(phases.done))
        self._under_way[key] = future
        future.add_done_callback(lambda _: self._under_way.pop(key, None))
        return future

    async def _on_worker(self, key: DocumentKey, phases: PhaseTimes) -> Outcome:
        """Short documents begin on the small worker; one that proves hard to plan moves to the large one."""
        loop = asyncio.get_running_loop()
        if len(key[0]) <= _LARGE_CHARACTERS:
            with suppress(TooComplexError):
                return await loop.run_in_executor(
                    self._workers.small, self._outcome, key, phases, _LARGE_WAYS
                )
        return await loop.run_in_executor(self._workers.large, self._outcome, key, phases)

    def _outcome(self, key: DocumentKey, phases: PhaseTimes, max_ways: int | None = None) -> Outcome:
        """Runs on a worker. Raises `TooComplexError` if planning takes more than `max_ways`."""
        try:
            return self._preparation.prepare(*key, phases, max_ways=max_ways)
        except RequestError as refusal:
            # The refusal is kept: it must keep neither the document, by the error behind it, nor this
            # thread's frames.
            refusal.__context__ = refusal.__traceback__ = None
            return refusal


def _size(key: DocumentKey, outcome: Outcome) -> int:
    """The estimated bytes of an entry; an operation under several texts counts once for each."""
    if isinstance(outcome, PreparedOperation):
        return len(key[0]) + outcome.weight
    return len(key[0]) + _REFUSAL_BYTES * len(outcome.errors)
