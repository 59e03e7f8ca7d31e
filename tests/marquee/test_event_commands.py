"""`marquee events` on each broker: what it lists, what it replays, and how it says no."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marquee.cli import cli
from marquee.event_queues import EVENT_QUEUES
from marquee_subgraphs.kit.clock import SystemClock
from marquee_subgraphs.kit.events import Broker, Envelope, PoisonEvent
from marquee_subgraphs.kit.events.opening import open_broker
from marquee_subgraphs.kit.events.rabbitmq.topology import Topology
from marquee_subgraphs.kit.settings import load_settings
from tests.eventually import eventually
from tests.subgraphs.amqp import amqp_server, new_prefix, remove
from tests.subgraphs.kit.events.brokers import placed

__all__ = ["amqp_server"]

Environment = dict[str, str]


@pytest.fixture(params=["embedded", "rabbitmq"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Environment]:
    """The settings of a cinema with this broker."""
    given = {"MARQUEE_DATA_DIR": str(tmp_path)}
    if request.param == "embedded":
        yield given
        return
    server: str = request.getfixturevalue("amqp_server")
    prefix = new_prefix()
    yield {**given, "MARQUEE_AMQP_URL": f"{server}?prefix={prefix}"}
    queues = {queue: frozenset(types) for queue, types in EVENT_QUEUES.items()}
    asyncio.run(remove(server, Topology(prefix, queues)))


@asynccontextmanager
async def opened(environment: Environment) -> AsyncIterator[Broker]:
    broker = await open_broker(load_settings(environment), SystemClock(), EVENT_QUEUES)
    yield broker
    await broker.close()


async def let_die(environment: Environment, *events: Envelope) -> None:
    """Have `payments` refuse these."""

    async def refuse(event: Envelope) -> None:
        raise PoisonEvent("the order is unknown")

    async with opened(environment) as broker:
        await broker.consume("payments", EVENT_QUEUES["payments"], refuse)
        await broker.publish(events)

        async def are_dead() -> bool:
            return len(await broker.dead_letters("payments")) >= len(events)

        await eventually(are_dead)


async def take_all(environment: Environment, count: int) -> list[str]:
    """What `payments` has to take."""
    taken: list[str] = []
    full = asyncio.Event()

    async def take(event: Envelope) -> None:
        taken.append(event.id)
        if len(taken) == count:
            full.set()

    async with opened(environment) as broker:
        await broker.consume("payments", EVENT_QUEUES["payments"], take)
        async with asyncio.timeout(10):
            await full.wait()
    return taken


def run(environment: Environment, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["events", *arguments], env=environment)


def test_dead_letters_are_listed_and_replayed(
    environment: Environment, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    asyncio.run(let_die(environment, placed(1), placed(2), placed(3)))

    for _ in range(2):
        listed = run(environment, "dead")
        assert listed.exit_code == 0, listed.output
        *lines, sum_ = listed.stdout.splitlines()
        assert min(lines) == "payments  00000001  order.placed  PoisonEvent: the order is unknown"
        assert sum_ == "3 dead letters."

    one = run(environment, "replay", "payments", "00000002")
    assert (one.exit_code, one.stdout) == (0, "1 events will be handled again.\n")
    rest = run(environment, "replay", "payments")
    assert rest.stdout == "2 events will be handled again.\n"
    assert sorted(asyncio.run(take_all(environment, 3))) == ["00000001", "00000002", "00000003"]
    assert run(environment, "dead").stdout == "No dead letters.\n"


def test_an_unknown_queue_is_refused_with_the_known_ones(environment: Environment) -> None:
    asyncio.run(let_die(environment))

    refused = run(environment, "replay", "nobody")
    assert refused.exit_code == 2
    assert "no consumer has a queue 'nobody'" in refused.stderr
    assert "payments" in refused.stderr


def test_a_broker_that_is_away_is_told_of(tmp_path: Path) -> None:
    away = {"MARQUEE_DATA_DIR": str(tmp_path), "MARQUEE_AMQP_URL": "amqp://user:s3cret@127.0.0.1:9"}
    refused = run(away, "dead")

    assert refused.exit_code == 1
    assert "RabbitMQ at 127.0.0.1:9 cannot be reached" in refused.stderr
    assert "s3cret" not in refused.output


def test_help_says_where_the_events_are() -> None:
    assert "MARQUEE_AMQP_URL" in run({}, "--help").stdout
