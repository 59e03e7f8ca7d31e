"""Migrates the stores of the cinema, subgraph by subgraph. Must never know what a revision does."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from marquee.subgraphs import NAMES
from subgraphs.kit.database import Database, History, MigrationsPending
from subgraphs.kit.database.migrations import HISTORY as KIT_HISTORY
from subgraphs.kit.database.upgrade import Migrate, Standing
from subgraphs.kit.database.upgrade.authoring import NothingChanged, write_revision
from subgraphs.kit.settings import Settings

__all__ = ["NothingChanged", "UnknownOwner", "history_of", "migrate_stores", "pending_stores", "write_next"]

Tell = Callable[[str], None]


class UnknownOwner(Exception):
    """Nobody of that name owns tables."""


def history_of(owner: str) -> History:
    """The history of a subgraph's tables, or of the kit's. Raises `UnknownOwner`."""
    if owner == KIT_HISTORY.name:
        return KIT_HISTORY
    if owner not in NAMES:
        raise UnknownOwner(f"{owner} owns no tables; these do: kit, {', '.join(NAMES)}.")
    history = importlib.import_module(f"subgraphs.{owner}.migrations").HISTORY
    assert isinstance(history, History)
    return history


async def migrate_stores(settings: Settings, names: Iterable[str], tell: Tell) -> None:
    """Bring each store up to date, telling a line of each as it is done. Raises `StoreUnusable`."""
    for name in names:
        tell(_line(name, await _open(settings, name, "auto")))


async def pending_stores(settings: Settings, names: Iterable[str], tell: Tell) -> int:
    """How many stores lack something; tells a line of each. Raises `StoreTooNew`."""
    pending = 0
    for name in names:
        try:
            tell(_line(name, await _open(settings, name, "check")))
        except MigrationsPending as error:
            tell(_line(name, error.standings) if error.standings else f"{name + ':':<15}not there yet")
            pending += 1
    return pending


def write_next(owner: str, title: str) -> Path:
    """Write the owner's next revision. Raises `NothingChanged`, `UnknownOwner`."""
    path = write_revision(history_of(owner), title)
    if importlib.util.find_spec("ruff") is not None:
        subprocess.run([sys.executable, "-m", "ruff", "format", "-q", path], check=True)  # noqa: S603 - ours
    return path


async def _open(settings: Settings, name: str, migrate: Migrate) -> tuple[Standing, ...]:
    async with await Database.open(
        settings.database_url(name), history_of(name), pool_size=1, migrate=migrate
    ) as database:
        return database.standings


def _line(name: str, standings: Iterable[Standing]) -> str:
    return f"{name + ':':<15}{', '.join(str(each) for each in standings)}"
