"""One production layout on this machine for all tests that leave it as they found it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from deploy.local import LocalStack
from deploy.local.stores import missing_programs
from tests.marquee.running import Client


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stack() -> AsyncIterator[LocalStack]:
    missing = missing_programs()
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    async with LocalStack() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def guest(stack: LocalStack) -> AsyncIterator[Client]:
    """Somebody without a token, who comes through nginx."""
    async with aiohttp.ClientSession() as session:
        yield Client(session, stack.url)
