"""The tickets subgraph, started: on SQLite (`stage`), or on both stores (`any_stage`)."""

from __future__ import annotations

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.tickets.app import build
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.tickets.stage import Stage


@pytest.fixture
async def stage(open_door: OpenDoor, clock: FrozenClock, runtime: Runtime) -> Stage:
    return Stage.of(await open_door(build), clock, runtime.broker)


@pytest.fixture
async def any_stage(open_any_door: OpenDoor, clock: FrozenClock, runtime: Runtime) -> Stage:
    return Stage.of(await open_any_door(build), clock, runtime.broker)
