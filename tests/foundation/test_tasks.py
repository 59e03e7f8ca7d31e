"""Tasks are cancelled until they have ended."""

from __future__ import annotations

import asyncio

from marquee_foundation.tasks import end_tasks


async def test_a_task_that_swallows_its_first_cancellation_ends_all_the_same() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed == 2:
                    raise

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await end_tasks([task])
    assert task.cancelled()


async def test_tasks_that_have_ended_are_left_alone() -> None:
    async def quick() -> int:
        return 1

    task = asyncio.create_task(quick())
    assert await task == 1
    await end_tasks([task])
    assert task.result() == 1
