"""Work to be done for a key, in tasks of its own: one at a time for each key, and not ended by a caller
that goes away. What fails is logged and left to whoever looks after what is due.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from marquee_subgraphs.kit.faults import TemporarilyUnavailable

_AT_ONCE: Final = 64


class WorkQueue:
    """Runs `run(key)` for each key that is asked for; asked for while it runs, it runs once more."""

    __slots__ = ("_again", "_closed", "_logger", "_places", "_run", "_tasks")

    def __init__(self, run: Callable[[str], Awaitable[None]], logger: logging.Logger) -> None:
        self._run = run
        self._logger = logger
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._closed = False

    def ask(self, key: str) -> None:
        """Do the errand soon."""
        if self._closed:
            return
        if key in self._tasks:
            self._again.add(key)
        else:
            self._tasks[key] = asyncio.create_task(self._work(key), name=f"errand-{key}")

    async def idle(self) -> None:
        """Wait until nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        """Stop what is under way and take no more."""
        self._closed = True
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _work(self, key: str) -> None:
        try:
            async with self._places:
                while True:
                    self._again.discard(key)
                    await self._run(key)
                    if key not in self._again:
                        return
        except TemporarilyUnavailable as error:
            self._logger.warning("the errand for %s waits until it is due: %s", key, error)
        except Exception:  # an edge: the errand is due again later, whatever failed
            self._logger.exception("the errand for %s failed", key)
        finally:
            self._again.discard(key)
            del self._tasks[key]
