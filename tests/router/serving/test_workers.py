"""Workers of one router: one that dies is replaced, and its replacement knows what the others know."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from pathlib import Path

from tests.eventually import eventually
from tests.router.serving.routers import Router, router
from tests.router.serving.test_reload import SCHEMA, WITH_THREE, Served, knows, numbers, supergraph

__all__ = ["numbers"]


def workers_of(running: Router) -> set[int]:
    pid = running.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


async def _replaced(running: Router, gone: int) -> None:
    await eventually(lambda: gone not in (known := workers_of(running)) and len(known) == 2)


async def test_a_killed_worker_is_replaced_by_one_that_is_up_to_date(numbers: Served, tmp_path: Path) -> None:
    file = tmp_path / "supergraph.graphql"
    file.write_text(supergraph(SCHEMA, numbers[1].url))
    async with router("--supergraph", str(file), "--workers", "2", connections=1) as running:
        file.write_text(supergraph(WITH_THREE, numbers[1].url))
        running.signal(signal.SIGHUP)
        await running.says("reloaded: ", times=2)
        for gone in tuple(workers_of(running)):
            os.kill(gone, signal.SIGKILL)
            await running.says(rf"\(process {gone}\) ended: killed by SIGKILL")
            await _replaced(running, gone)
        await running.says("reloaded: ", times=4)
        for _ in range(4):
            assert await knows(running, "three")
            await running.session.post(f"{running.url}/graphql", headers={"connection": "close"})
        running.signal(signal.SIGTERM)
        assert await running.process.wait() == 0


async def test_any_worker_tells_the_metrics_of_all(numbers: Served, tmp_path: Path) -> None:
    file = tmp_path / "supergraph.graphql"
    file.write_text(supergraph(SCHEMA, numbers[1].url))
    async with router("--supergraph", str(file), "--workers", "2", connections=1) as running:
        counts: set[str] = set()
        asked = 0
        while len(counts) < 2 and asked < 200:
            asked += 1
            await running.ask("query Counted { one }")
            async with running.session.get(
                f"{running.url}/metrics", headers={"connection": "close"}
            ) as response:
                page = await response.text()
            found = re.findall(r'router_requests_total\{worker="(\d)",.*operation="Counted".*\} (\S+)', page)
            assert sum(float(count) for _, count in found) == asked
            counts |= {worker for worker, _ in found}
            assert page.count("# TYPE router_requests_total counter") == 1
            assert {*re.findall(r'router_running\{worker="(\d)"\}', page)} == {"0", "1"}


async def test_workers_that_die_at_once_are_not_replaced_for_ever() -> None:
    program = (
        "import sys\nfrom marquee_router.serving.workers import run_workers\n"
        "sys.exit(run_workers(lambda *_: 1 / 0, 1))"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stderr=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(30):
        _, said = await process.communicate()
    assert process.returncode == 1
    assert said.count(b"ended: exit code 1") == 6
