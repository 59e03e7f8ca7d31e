"""`Supervisor`: what fails is started again, and an absence is no news."""

from __future__ import annotations

import asyncio
import logging

import pytest

from marquee_subgraphs.kit.faults import TemporarilyUnavailable
from marquee_subgraphs.kit.supervisor import BackgroundTask, Supervisor


@pytest.mark.parametrize(
    ("fault", "traced"),
    [
        (TemporarilyUnavailable("the store is away"), False),
        (ExceptionGroup("two at once", [TemporarilyUnavailable(), TemporarilyUnavailable()]), False),
        (LookupError("a bug"), True),
        (ExceptionGroup("two at once", [TemporarilyUnavailable(), LookupError("a bug")]), True),
    ],
)
async def test_a_task_goes_on_after_whatever_failed(
    fault: Exception, traced: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_AWAY_PAUSE_SECONDS", "_FIRST_PAUSE_SECONDS"):
        monkeypatch.setattr(f"marquee_subgraphs.kit.supervisor.{name}", 0.001)
    rounds, done = 0, asyncio.Event()

    async def sweep() -> None:
        nonlocal rounds
        rounds += 1
        if rounds < 3:
            raise fault
        done.set()

    supervisor = Supervisor(logging.getLogger("marquee.test"))
    supervisor.start([BackgroundTask("sweep", sweep, every_seconds=60)])
    async with asyncio.timeout(5):
        await done.wait()
    await supervisor.close()

    assert [bool(record.exc_info) for record in caplog.records] == [traced, traced]
    assert "sweep" in caplog.text
