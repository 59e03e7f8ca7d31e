"""The production layout of the tests: one `LocalStack` a session, which every test leaves healed.

Two of each subgraph that seats and money pass through, so that replicas are always part of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

import pytest
import pytest_asyncio

from deploy.local import LocalStack
from deploy.local.stores import missing_programs

REPLICAS: Final = {"tickets": 2, "payments": 2, "loyalty": 2, "notifications": 2}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stack() -> AsyncIterator[LocalStack]:
    """Every process of the Compose file, on this machine."""
    missing = missing_programs()
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}")
    async with LocalStack(replicas=REPLICAS) as running:
        yield running
