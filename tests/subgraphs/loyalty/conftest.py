"""The loyalty subgraph, started: on SQLite (`club`), or on both stores (`any_club`)."""

from __future__ import annotations

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.loyalty.app import build
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.loyalty.club import Club


@pytest.fixture
async def club(open_door: OpenDoor, clock: FrozenClock, runtime: Runtime) -> Club:
    return Club(await open_door(build), runtime, clock)


@pytest.fixture
async def any_club(open_any_door: OpenDoor, clock: FrozenClock, any_runtime: Runtime) -> Club:
    return Club(await open_any_door(build), any_runtime, clock)
