"""`marquee events`: dead letters, and their replay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee_router.cli.failure import fail

if TYPE_CHECKING:
    from marquee_subgraphs.kit.events import Broker

T = TypeVar("T")


@asynccontextmanager
async def _broker(data_dir: Path | None) -> AsyncIterator[Broker]:
    from marquee.event_queues import EVENT_QUEUES
    from marquee_subgraphs.kit.clock import SystemClock
    from marquee_subgraphs.kit.events.opening import open_broker

    settings = settings_or_fail(data_dir=data_dir)
    if settings.amqp_url is None and not (settings.data_dir / "events.sqlite").exists():
        raise click.UsageError(
            f"{settings.data_dir / 'events.sqlite'} does not exist: has Marquee run there?"
        )
    broker = await open_broker(settings, SystemClock(), EVENT_QUEUES)
    try:
        yield broker
    finally:
        await broker.close()


def _run(work: Coroutine[None, None, T]) -> T:
    from marquee_subgraphs.kit.events import BrokerUnavailable, UnknownQueue

    try:
        return asyncio.run(work)
    except UnknownQueue as error:
        from marquee.event_queues import EVENT_QUEUES

        fail(f"{error}; there are {', '.join(sorted(EVENT_QUEUES))}.")
    except BrokerUnavailable as error:
        fail(str(error), code=1)


@click.group()
def command() -> None:
    """List events that could not be handled, and replay them.

    Where they are the settings say: on RabbitMQ when MARQUEE_AMQP_URL is set, else in the data folder. The
    cinema may be running meanwhile.
    """


@command.command()
@DATA_DIR
def dead(data_dir: Path | None) -> None:
    """List the events that a consumer gave up on, with the reason. Changes nothing."""

    async def show() -> int:
        async with _broker(data_dir) as broker:
            letters = await broker.dead_letters()
        for letter in letters:
            click.echo(f"{letter.queue}  {letter.event_id}  {letter.event_type}  {letter.error}")
        return len(letters)

    count = _run(show())
    click.echo(f"{count} dead letters." if count else "No dead letters.")


@command.command()
@click.argument("queue")
@click.argument("event_ids", nargs=-1)
@DATA_DIR
def replay(queue: str, event_ids: tuple[str, ...], data_dir: Path | None) -> None:
    """Put dead letters back into QUEUE, a subgraph's name: those named, or all."""

    async def revive() -> int:
        async with _broker(data_dir) as broker:
            return await broker.replay(queue, event_ids or None)

    click.echo(f"{_run(revive())} events will be handled again.")
