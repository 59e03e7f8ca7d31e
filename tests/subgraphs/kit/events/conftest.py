"""Two services, `orders` and `tickets`, on stores of each kind, and a broker of each kind between them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import ServiceEvents
from tests.subgraphs.amqp import amqp_server
from tests.subgraphs.kit.events.brokers import AnyBroker, Brokers, EmbeddedBrokers, RabbitMqBrokers

__all__ = ["amqp_server"]


@pytest.fixture
async def rabbitmq(amqp_server: str) -> AsyncIterator[RabbitMqBrokers]:
    """RabbitMQ, with names of the test's own."""
    brokers = RabbitMqBrokers(amqp_server)
    yield brokers
    await brokers.remove()


@pytest.fixture(
    params=[("embedded", "sqlite"), ("embedded", "postgresql"), ("rabbitmq", "postgresql")],
    ids=lambda pair: "-".join(pair),
)
def surroundings(request: pytest.FixtureRequest) -> tuple[str, str]:
    """A broker and a store that go together."""
    pair: tuple[str, str] = request.param
    return pair


@pytest.fixture
def brokers(surroundings: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path) -> Brokers:
    """The same test with each broker."""
    return brokers_of(surroundings[0], request, tmp_path)


def brokers_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> Brokers:
    """Brokers of a kind."""
    if kind == "embedded":
        return EmbeddedBrokers(folder / "events.sqlite")
    found: RabbitMqBrokers = request.getfixturevalue("rabbitmq")
    return found


@pytest.fixture
def store_url(surroundings: tuple[str, str], request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store."""
    if surroundings[1] == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def broker(brokers: Brokers) -> AsyncIterator[AnyBroker]:
    async with await brokers.open() as opened:
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
async def orders(orders_store: Database, broker: AnyBroker) -> AsyncIterator[ServiceEvents]:
    events = ServiceEvents("orders", orders_store, broker)
    yield events
    await events.close()


@pytest.fixture
async def tickets(tickets_store: Database, broker: AnyBroker) -> AsyncIterator[ServiceEvents]:
    events = ServiceEvents("tickets", tickets_store, broker)
    yield events
    await events.close()
