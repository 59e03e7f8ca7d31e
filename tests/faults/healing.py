"""Makes a stack whole again: what was paused goes on, what died is started. Judges nothing."""

from __future__ import annotations

import asyncio

from deploy.local import LocalStack, Process


async def heal(stack: LocalStack) -> None:
    """Start what does not run, stores first, and wait until everything is ready."""
    for process in stack.processes.values():
        if process.is_running:
            process.resume()
    ended = [process for process in stack.processes.values() if not process.is_running]
    stores = [process for process in ended if not process.url]
    await asyncio.gather(*(process.start() for process in stores))
    await asyncio.gather(*(process.start() for process in ended if process not in stores))
    await stack.mail.start()
    await ready(*stack.processes.values())


async def ready(*processes: Process) -> None:
    """Wait until these are ready."""
    await asyncio.gather(*(process.wait_ready(30) for process in processes))


async def kill_and_restart(*processes: Process) -> None:
    """SIGKILL all of them at once, then start them again, as their supervisor would."""
    await asyncio.gather(*(process.kill() for process in processes))
    await asyncio.gather(*(process.start() for process in processes))
