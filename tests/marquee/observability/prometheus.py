"""A Prometheus of the test's own: scrapes one address every second, and answers queries."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from tests.eventually import eventually
from tests.marquee.observability.processes import free_ports
from tests.marquee.running import ROOT

RULES = ROOT / "deploy" / "prometheus" / "alerts.yml"


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running Prometheus."""

    session: aiohttp.ClientSession
    url: str

    async def ask(self, path: str, **parameters: str) -> Any:
        """`data` of an answer of its HTTP API; an assertion fails when it refuses."""
        async with self.session.get(f"{self.url}/api/v1/{path}", params=parameters) as response:
            answer = await response.json()
        assert answer["status"] == "success", answer
        return answer["data"]

    async def query(self, expression: str) -> list[Any]:
        """The series of an instant query."""
        return list((await self.ask("query", query=expression))["result"])


def program(name: str) -> str:
    """The path of a program of Debian's package `prometheus`."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not here (Debian's `prometheus`): metrics were not scraped")
    return found


@asynccontextmanager
async def scraping(folder: Path, target: str) -> AsyncIterator[Prometheus]:
    """Scrape `target`, as HOST:PORT, with the rules that are deployed."""
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "router", "static_configs": [{"targets": [target]}]}],
    }
    file = folder / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_ports(1)[0]}"
    process = await asyncio.create_subprocess_exec(
        program("prometheus"), f"--config.file={file}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={address}", "--log.level=error",
    )  # fmt: skip
    try:
        async with aiohttp.ClientSession() as session:
            running = Prometheus(session, f"http://{address}")
            await _answers(running)
            yield running
    finally:
        process.terminate()
        await process.wait()


async def _answers(prometheus: Prometheus) -> None:
    async def is_ready() -> bool:
        try:
            async with prometheus.session.get(f"{prometheus.url}/-/ready") as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:
            return False

    await eventually(is_ready, every=0.1)
