"""The analytics subgraph, started and told of its cinemas: on SQLite (`house`), or on both (`any_house`)."""

from __future__ import annotations

import pytest

from marquee_subgraphs.analytics.app import build
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.runtime import Runtime
from tests.subgraphs.analytics.house import House
from tests.subgraphs.conftest import OpenDoor


@pytest.fixture
async def house(open_door: OpenDoor, clock: FrozenClock, runtime: Runtime) -> House:
    house = House(await open_door(build), runtime, clock)
    await house.found()
    return house


@pytest.fixture
async def any_house(open_any_door: OpenDoor, clock: FrozenClock, any_runtime: Runtime) -> House:
    house = House(await open_any_door(build), any_runtime, clock)
    await house.found()
    return house
