"""MongoDB keeps the contract, whether it has the writes, lacks them, or has some."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.subgraphs.kit.documents.contract import Films, RepositoryContract
from tests.subgraphs.kit.documents.mongo.conftest import HalfClient, Replica, open_replica
from tests.subgraphs.mongo import Mongo


class TestCarried(RepositoryContract):
    """MongoDB has every write."""

    @pytest.fixture
    def films(self, replica: Replica) -> Films:
        return replica.carried_films


class TestOnTheirWay(RepositoryContract):
    """Every write is still on its way."""

    @pytest.fixture
    async def films(self, tmp_path: Path, mongo: Mongo) -> AsyncIterator[Films]:
        async with open_replica(f"sqlite:///{tmp_path}/store.sqlite", mongo) as replica:
            yield replica.films


class TestHalfCarried(RepositoryContract):
    """MongoDB has every second write."""

    @pytest.fixture
    async def films(self, tmp_path: Path, mongo: Mongo) -> AsyncIterator[Films]:
        async with open_replica(f"sqlite:///{tmp_path}/store.sqlite", mongo, HalfClient) as replica:
            yield replica.carried_films
