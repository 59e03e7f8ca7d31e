"""Runs hostile requests against an address beside honest ones, and tells what came of both."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from tests.router.hostile.requests import FINE, JSON_TYPE, Hostile, graphql, hostile_requests, request
from tests.router.hostile.sending import ANSWER_SECONDS, Reply, Silence, Wire

FAULTS: Final = frozenset({"INTERNAL", "INTERNAL_SERVER_ERROR", "QUERY_PLANNING_FAILED"})
HONEST: Final = (
    graphql(FINE),
    graphql("query Movies { movies(first: 5) { nodes { id title } totalCount } }"),
    graphql("query Cinemas { cinemas(first: 5) { nodes { id name city } } }"),
)
ATTACKERS: Final = 16
PAUSE_SECONDS: Final = 0.01
UNREAD_SECONDS: Final = 0.5
"""The server waits for the rest of some requests, and they for nothing."""


@dataclass(slots=True)
class Outcome:
    """What was seen."""

    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Answers that no client should get; none is right."""
    honest_seconds: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Of the honest clients' waiting, in seconds."""
        ordered = sorted(self.honest_seconds)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


async def attack(url: str, *, count: int, seed: int) -> Outcome:
    """Send them all; honest clients ask until the last is answered."""
    outcome = Outcome()
    requests = hostile_requests(count, seed)
    address = urlsplit(url)
    assert address.hostname is not None
    assert address.port is not None
    host, port = address.hostname, address.port
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        honest = [group.create_task(_honest(Wire(host, port), outcome, over)) for _ in range(3)]
        attackers = [
            group.create_task(_attacker(Wire(host, port), requests, outcome)) for _ in range(ATTACKERS)
        ]
        await asyncio.gather(*attackers)
        over.set()
        await asyncio.gather(*honest)
    return outcome


async def _attacker(wire: Wire, requests: Iterator[Hostile], outcome: Outcome) -> None:
    async with wire:
        for each in requests:
            try:
                reply = await wire.exchange(
                    each.raw, UNREAD_SECONDS if each.leaves_unread else ANSWER_SECONDS
                )
            except Silence:
                if not each.leaves_unread:  # else the server waits for the rest of it
                    outcome.wrong.append(f"{each.flaw}: no answer")
                continue
            if each.leaves_unread:
                wire.close()
            outcome.statuses[reply.status] += 1
            wrong = _wrong(each, reply)
            if wrong:
                outcome.wrong.append(f"{each.flaw}: {wrong}")


def _wrong(asked: Hostile, reply: Reply) -> str | None:
    if reply.status == 0:
        return None if asked.leaves_unread else "the connection was closed without an answer"
    if reply.status >= 500:
        return f"{reply.status} {reply.body[:300]!r}"
    if b"json" not in reply.head.lower() or not reply.body:
        return None
    answer = json.loads(reply.body)
    for each in answer if isinstance(answer, list) else [answer]:
        codes = {error.get("extensions", {}).get("code") for error in each.get("errors", ())}
        if codes & FAULTS or None in codes:
            return f"{reply.status} {reply.body[:300]!r}"
    return None


async def _honest(wire: Wire, outcome: Outcome, over: asyncio.Event) -> None:
    turn = 0
    async with wire:
        while not over.is_set():
            turn += 1
            body = HONEST[turn % len(HONEST)]
            started = time.perf_counter()
            try:
                reply = await wire.exchange(request("nothing", body, headers=(JSON_TYPE,)).raw)
            except Silence:
                outcome.wrong.append("an honest client had no answer")
                continue
            outcome.honest_seconds.append(time.perf_counter() - started)
            answer: Any = json.loads(reply.body) if reply.body else None
            if reply.status != 200 or "errors" in answer:
                outcome.wrong.append(f"an honest client got {reply.status} {reply.body[:300]!r}")
            await asyncio.sleep(PAUSE_SECONDS)


def resident_bytes(pid: int) -> int:
    """The memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ValueError(f"process {pid} has ended")
