"""A guest for the tests of the layout; the layout itself is `stack`, see `tests/production.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest_asyncio

from deploy.local import LocalStack
from tests.marquee.running import Client


@pytest_asyncio.fixture(loop_scope="session")
async def guest(stack: LocalStack) -> AsyncIterator[Client]:
    """Somebody without a token, who comes through nginx."""
    async with aiohttp.ClientSession() as session:
        yield Client(session, stack.url)
