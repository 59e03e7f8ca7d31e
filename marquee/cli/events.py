"""`marquee events`: what could not be handled, and handling it again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from marquee.cli import fail
from subgraphs.kit.clock import SystemClock
from subgraphs.kit.events import EmbeddedBroker
from subgraphs.kit.settings import SettingsError, load_settings


def _broker_file(data_dir: Path | None) -> Path:
    try:
        settings = load_settings(None, **({} if data_dir is None else {"data_dir": data_dir}))
    except SettingsError as error:
        fail(f"These settings cannot be used:\n{error}")
        raise
    file = settings.data_dir / "events.sqlite"
    if not file.exists():
        raise click.UsageError(f"{file} does not exist: has Marquee run there?")
    return file


_DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded stores [MARQUEE_DATA_DIR, .marquee].",
)


@click.group()
def command() -> None:
    """List events that could not be handled, and replay them."""


@command.command()
@_DATA_DIR
def dead(data_dir: Path | None) -> None:
    """List the events that a consumer gave up on, with the reason."""

    async def show() -> int:
        async with await EmbeddedBroker.open(_broker_file(data_dir), clock=SystemClock()) as broker:
            letters = await broker.dead_letters()
        for letter in letters:
            click.echo(f"{letter.queue}  {letter.event.id}  {letter.event.type}  {letter.error}")
        return len(letters)

    count = asyncio.run(show())
    click.echo(f"{count} dead letters." if count else "No dead letters.")


@command.command()
@click.argument("queue")
@click.argument("event_ids", nargs=-1)
@_DATA_DIR
def replay(queue: str, event_ids: tuple[str, ...], data_dir: Path | None) -> None:
    """Give QUEUE its dead letters again: those named, or all."""

    async def revive() -> int:
        async with await EmbeddedBroker.open(_broker_file(data_dir), clock=SystemClock()) as broker:
            return await broker.replay(queue, event_ids or None)

    click.echo(f"{asyncio.run(revive())} events will be handled again.")
