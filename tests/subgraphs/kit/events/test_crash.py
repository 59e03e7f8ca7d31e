"""Killed at any point between commit, relay and consumer, the services lose nothing and do nothing twice."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
FOREVER = 1_000_000


def start(folder: Path, rounds: int, offset: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.subgraphs.kit.events.crashing", str(folder), str(rounds), str(offset)],
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


@pytest.mark.fault
def test_nothing_is_lost_or_done_twice_by_sigkill(tmp_path: Path) -> None:
    answered: list[str] = []
    for life in range(2):
        process = start(tmp_path, FOREVER, life * FOREVER)
        answered += kill_after(process, random.randint(1, 60))

    with start(tmp_path, 0, 0) as survivor:
        assert survivor.stdout is not None
        said = {line.split()[0]: line.split()[1:] for line in survivor.stdout}
    assert survivor.returncode == 0

    assert len(answered) >= 2
    assert set(answered) <= set(said["orders"])
    assert sorted(said["sold"]) == sorted(said["orders"])
    assert sorted(said["confirmed"]) == sorted(said["orders"])
