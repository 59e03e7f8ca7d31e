"""Background work of a subgraph (sweepers, reconcilers), kept running.

A task that fails is logged and started again after growing pauses. The failure of one task never ends
another, nor the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from marquee_subgraphs.kit.faults import log_fault, passes_by

_FIRST_PAUSE_SECONDS: Final = 0.2
_LONGEST_PAUSE_SECONDS: Final = 30.0
_AWAY_PAUSE_SECONDS: Final = 1.0
_HEALTHY_AFTER_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class BackgroundTask:
    """Work with a name. Without `every_seconds`, `run` goes on until it is cancelled; with it, `run` is one
    round.
    """

    name: str
    run: Callable[[], Awaitable[None]]
    every_seconds: float | None = None


class Supervisor:
    """Starts tasks, restarts those that fail, and stops all of them together."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, tasks: Sequence[BackgroundTask]) -> None:
        """Start each task."""
        self._tasks += [asyncio.create_task(self._keep_running(task), name=task.name) for task in tasks]

    async def close(self) -> None:
        """Cancel all tasks and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def _keep_running(self, task: BackgroundTask) -> None:
        loop = asyncio.get_running_loop()
        pause = _FIRST_PAUSE_SECONDS
        while True:
            started = loop.time()
            try:
                await task.run()
                pause = _FIRST_PAUSE_SECONDS
                if task.every_seconds is None:
                    return
                await asyncio.sleep(task.every_seconds)
                continue
            except Exception as error:  # noqa: BLE001  # an edge: whatever failed, the work must go on
                log_fault(self._logger, error, "the task %s failed and starts again", task.name)
                # A store that is away for an hour must not lengthen the pauses: the task goes on a second
                # after it is back.
                if passes_by(error):
                    await asyncio.sleep(_AWAY_PAUSE_SECONDS)
                    continue
            # A task that ran for a minute before it failed is not one that fails at every start.
            if loop.time() - started > _HEALTHY_AFTER_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
