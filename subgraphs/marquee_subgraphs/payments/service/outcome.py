"""Waits for the outcome of work that another task or process does."""

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
    """Read until `done`, again at each message on `topic`, for at most `seconds`; return what was read last.

    Another process may have made the change without a message here, so the store is read once more when the
    time is over.
    """
    loop = asyncio.get_running_loop()
    give_up = loop.time() + seconds
    async with topics.subscribe(topic) as messages:
        found = await read()
        while not done(found) and (left := give_up - loop.time()) > 0:
            try:
                async with asyncio.timeout(left):
                    await anext(messages)
            except StopAsyncIteration:  # the process closes its topics: no message will come
                return found
            except TimeoutError:
                pass
            found = await read()
        return found
