"""One running cinema for all tests that change nothing of each other's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.marquee.running import Cinema, Client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def cinema(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cinema]:
    folder: Path = tmp_path_factory.mktemp("cinema")
    async with Cinema(folder) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def guest(cinema: Cinema) -> AsyncIterator[Client]:
    async with cinema.guest() as client:
        yield client
