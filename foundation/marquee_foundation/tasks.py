"""Ends asyncio tasks for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

_CANCEL_AGAIN_SECONDS: Final = 0.05


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, and return when each has ended.

    One cancellation is not always enough: in Python 3.11 `asyncio.timeout` can swallow one that arrives
    together with the answer it waits for. The task then goes on as if nobody had cancelled it.
    """
    running = {task for task in tasks if not task.done()}
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_CANCEL_AGAIN_SECONDS)
