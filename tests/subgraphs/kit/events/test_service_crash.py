"""Killed at any point between commit, relay and consumer, the services lose nothing and do nothing twice."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from marquee_subgraphs.kit.events.rabbitmq.topology import Topology
from tests.subgraphs.amqp import new_prefix, remove
from tests.subgraphs.kit.events.brokers import QUEUES

ROOT = Path(__file__).parents[4]
FOREVER = 1_000_000


def start(folder: Path, rounds: int, offset: int, *broker: str) -> subprocess.Popen[str]:
    module = "tests.subgraphs.kit.events.crashing"
    return subprocess.Popen(
        [sys.executable, "-m", module, str(folder), str(rounds), str(offset), *broker],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill_after(process: subprocess.Popen[str], lines: int) -> list[str]:
    """Kill after that many answers; every order that was answered by then."""
    assert process.stdout is not None
    with process:
        answered = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        answered += process.stdout.readlines()
    return [line.split()[1] for line in answered if line.endswith("\n")]


@pytest.fixture(params=["embedded", "rabbitmq"])
def broker(request: pytest.FixtureRequest) -> Iterator[tuple[str, ...]]:
    """What the process must be told of its broker."""
    if request.param == "embedded":
        yield ()
        return
    server: str = request.getfixturevalue("amqp_server")
    prefix = new_prefix()
    yield (f"{server}?prefix={prefix}",)
    queues = {queue: frozenset(types) for queue, types in QUEUES.items()}
    asyncio.run(remove(server, Topology(prefix, queues, partitions=2)))


@pytest.mark.fault
def test_nothing_is_lost_or_done_twice_by_sigkill(tmp_path: Path, broker: tuple[str, ...]) -> None:
    answered: list[str] = []
    for life in range(2):
        process = start(tmp_path, FOREVER, life * FOREVER, *broker)
        answered += kill_after(process, random.randint(1, 60))

    with start(tmp_path, 0, 0, *broker) as survivor:
        assert survivor.stdout is not None
        said = {line.split()[0]: line.split()[1:] for line in survivor.stdout}
    assert survivor.returncode == 0

    assert len(answered) >= 2
    assert set(answered) <= set(said["orders"])
    assert sorted(said["sold"]) == sorted(said["orders"])
    assert sorted(said["confirmed"]) == sorted(said["orders"])
