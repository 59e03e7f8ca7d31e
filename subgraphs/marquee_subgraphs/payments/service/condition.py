"""Waits a moment for something to become true, told by local news of it; the last look is at the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from marquee_subgraphs.kit.live import Topics

T = TypeVar("T")


async def wait_until(
    topics: Topics[None],
    topic: str,
    read: Callable[[], Awaitable[T]],
    done: Callable[[T], bool],
    seconds: float,
) -> T:
    """Read until `done`, again at each news of `topic`, for at most `seconds`; answers what was read last.

    News may be missed when another process made them, so the store is read once more when the time is over.
    """
    loop = asyncio.get_running_loop()
    give_up = loop.time() + seconds
    async with topics.subscribe(topic) as news:
        found = await read()
        while not done(found) and (left := give_up - loop.time()) > 0:
            try:
                await asyncio.wait_for(anext(news), left)
            except StopAsyncIteration:  # the process is closing: there will be no more news
                return found
            except TimeoutError:
                pass
            found = await read()
        return found
