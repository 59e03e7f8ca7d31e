"""Two services, `orders` and `tickets`, on stores of each kind, and an embedded broker between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from subgraphs.kit.database import Database
from subgraphs.kit.events import EmbeddedBroker, ServiceEvents
from subgraphs.kit.events.retry import RetryPolicy

AT_ONCE = RetryPolicy(attempts=3, first_pause_seconds=0)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[EmbeddedBroker]:
    async with await EmbeddedBroker.open(tmp_path / "events.sqlite", retry=AT_ONCE) as opened:
        yield opened


@pytest.fixture
async def orders_store(store_url: str) -> AsyncIterator[Database]:
    async with await Database.open(store_url) as opened:
        yield opened


@pytest.fixture
async def tickets_store(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(f"sqlite:///{tmp_path / 'tickets.sqlite'}") as opened:
        yield opened


@pytest.fixture
async def orders(orders_store: Database, broker: EmbeddedBroker) -> AsyncIterator[ServiceEvents]:
    events = ServiceEvents("orders", orders_store, broker)
    yield events
    await events.close()


@pytest.fixture
async def tickets(tickets_store: Database, broker: EmbeddedBroker) -> AsyncIterator[ServiceEvents]:
    events = ServiceEvents("tickets", tickets_store, broker)
    yield events
    await events.close()
