"""`WorkQueue`: work by key in tasks of its own, so that a caller that goes away does not end it.

At most one task for a key runs at a time. A failure is logged and not retried here: whatever is due in the
store is queued again by `reconciliation`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from marquee_subgraphs.kit.faults import TemporarilyUnavailable

_TASKS_AT_ONCE: Final = 64


class WorkQueue:
    """Runs `work(key)` for each key added; a key added while its work runs is worked on once more."""

    __slots__ = ("_again", "_closed", "_logger", "_places", "_tasks", "_work")

    def __init__(self, logger: logging.Logger) -> None:
        self._work: Callable[[str], Awaitable[None]] | None = None
        self._logger = logger
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._places = asyncio.Semaphore(_TASKS_AT_ONCE)
        self._closed = False

    def serve(self, work: Callable[[str], Awaitable[None]]) -> None:
        """Set what is done for each key; called once, before the first `add`."""
        self._work = work

    def add(self, key: str) -> None:
        """Work on the key soon; nothing after `close`."""
        if self._closed:
            return
        if key in self._tasks:
            # The running work may have read its row before the change that this call is about.
            self._again.add(key)
        else:
            self._tasks[key] = asyncio.create_task(self._run(key), name=f"work-{key}")

    async def idle(self) -> None:
        """Wait until no work is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        """Cancel the work that is under way and take no more."""
        self._closed = True
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _run(self, key: str) -> None:
        assert self._work is not None, "`serve` comes before `add`"
        try:
            async with self._places:
                while True:
                    self._again.discard(key)
                    await self._work(key)
                    if key not in self._again:
                        return
        except TemporarilyUnavailable as error:
            self._logger.warning("the work for %s waits until it is due again: %s", key, error)
        except Exception:  # an edge: the work is due again later, whatever failed
            self._logger.exception("the work for %s failed", key)
        finally:
            self._again.discard(key)
            del self._tasks[key]
