"""`marquee events`: what could not be handled, and handling it again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from subgraphs.kit.clock import SystemClock
from subgraphs.kit.events import EmbeddedBroker


def _broker_file(data_dir: Path | None) -> Path:
    file = settings_or_fail(data_dir=data_dir).data_dir / "events.sqlite"
    if not file.exists():
        raise click.UsageError(f"{file} does not exist: has Marquee run there?")
    return file


@click.group()
def command() -> None:
    """List events that could not be handled, and replay them."""


@command.command()
@DATA_DIR
def dead(data_dir: Path | None) -> None:
    """List the events that a consumer gave up on, with the reason."""

    async def show() -> int:
        async with await EmbeddedBroker.open(_broker_file(data_dir), clock=SystemClock()) as broker:
            letters = await broker.dead_letters()
        for letter in letters:
            click.echo(f"{letter.queue}  {letter.event_id}  {letter.event_type}  {letter.error}")
        return len(letters)

    count = asyncio.run(show())
    click.echo(f"{count} dead letters." if count else "No dead letters.")


@command.command()
@click.argument("queue")
@click.argument("event_ids", nargs=-1)
@DATA_DIR
def replay(queue: str, event_ids: tuple[str, ...], data_dir: Path | None) -> None:
    """Give QUEUE its dead letters again: those named, or all."""

    async def revive() -> int:
        async with await EmbeddedBroker.open(_broker_file(data_dir), clock=SystemClock()) as broker:
            return await broker.replay(queue, event_ids or None)

    click.echo(f"{asyncio.run(revive())} events will be handled again.")
