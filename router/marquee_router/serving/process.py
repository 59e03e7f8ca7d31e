"""How a process of ours runs: its event loop, and what the garbage collector may skip."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where it is installed, else on asyncio's own loop."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(main)


def collect_and_freeze() -> None:
    """Collect, then exempt what is left from later collections.

    What exists once a server has started (modules, schema, plans) stays until it ends: looking at it in each
    collection would pause requests for nothing.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
