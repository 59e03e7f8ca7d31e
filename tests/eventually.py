"""Waits for what another process does. It can send a test no event, so the test asks again.

The only pause of these tests is here. What happens in the test's own process is awaited by its event instead.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar, overload

T = TypeVar("T")


@overload
async def eventually(ask: Callable[[], Awaitable[T]], *, seconds: float = ..., every: float = ...) -> T: ...
@overload
async def eventually(ask: Callable[[], T], *, seconds: float = ..., every: float = ...) -> T: ...
async def eventually(ask: Callable[[], Any], *, seconds: float = 20.0, every: float = 0.02) -> Any:
    """The first true answer. Raises `TimeoutError` when none came within `seconds`."""
    async with asyncio.timeout(seconds):
        async for _ in attempts(every=every):
            answer = ask()
            if inspect.isawaitable(answer):
                answer = await answer
            if answer:
                return answer
    raise AssertionError("attempts never end")


async def attempts(*, every: float, longest: float | None = None) -> AsyncIterator[None]:
    """Yields at once, then after each pause, without end; pauses grow by half up to `longest`."""
    while True:
        yield
        await asyncio.sleep(every)
        every = min(every * 1.5, longest or every)
