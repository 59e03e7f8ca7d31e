"""A started shop."""

from __future__ import annotations

import pytest

from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door
from tests.subgraphs.kit.graphql.shop import Shop, build


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    return await open_door(build)


@pytest.fixture
def shop(door: Door) -> Shop:
    service = door.subgraph.service
    assert isinstance(service, Shop)
    return service
