"""A started users subgraph whose hashing is cheap."""

from __future__ import annotations

import pytest

from marquee_subgraphs.users.app import build
from marquee_subgraphs.users.service.passwords import Passwords
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    """On SQLite."""
    return await open_door(lambda runtime: build(runtime, passwords=Passwords(memory_kib=8, time_cost=1)))


@pytest.fixture
async def any_door(open_any_door: OpenDoor) -> Door:
    """On SQLite and on PostgreSQL."""
    return await open_any_door(lambda runtime: build(runtime, passwords=Passwords(memory_kib=8, time_cost=1)))
