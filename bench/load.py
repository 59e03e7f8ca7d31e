"""A closed loop: each client asks again as soon as it was answered, until the time is over.

Every request is new: its variables differ, so equal work in flight is not done once for several clients.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from bench.client import Client, client_of
from bench.figures import latencies, milliseconds
from bench.process import Server

CLIENTS: Final = 16
WARM_UP_SECONDS: Final = 1.0
HEAD: Final = ("operation", "CPU ms a request", "requests/s", "p50 ms", "p99 ms", "answer bytes")


@dataclass(frozen=True, slots=True)
class Operation:
    """What is asked; `body` makes the request of the nth turn."""

    name: str
    body: Callable[[int], bytes]


@dataclass(slots=True)
class Answered:
    """The time each answer took, and the size of the last."""

    seconds: list[float]
    size: int = 0


async def measure_each(server: Server, operations: list[Operation], seconds: float) -> list[tuple[str, ...]]:
    """A row of figures, in the order of `HEAD`, for each operation. Raises `Refused`."""
    rows: list[tuple[str, ...]] = []
    async with client_of(server.url, CLIENTS) as client:
        for operation in operations:
            turns = count()
            await ask_for(client, operation, turns, WARM_UP_SECONDS)
            cpu, clock = server.cpu_seconds(), time.perf_counter()
            answered = await ask_for(client, operation, turns, seconds)
            elapsed = time.perf_counter() - clock
            requests = len(answered.seconds)
            each = milliseconds((server.cpu_seconds() - cpu) / requests)
            rate = f"{requests / elapsed:.0f}"
            rows.append((operation.name, each, rate, *latencies(answered.seconds), str(answered.size)))
    return rows


async def ask_for(client: Client, operation: Operation, turns: count[int], seconds: float) -> Answered:
    """Ask for so long, by as many clients as there are connections. Raises `Refused`."""
    answered = Answered([])
    deadline = time.perf_counter() + seconds

    async def ask() -> None:
        while (started := time.perf_counter()) < deadline:
            answer = await client.post(operation.body(next(turns)))
            answered.seconds.append(time.perf_counter() - started)
            answered.size = len(answer)

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(ask())
    return answered
