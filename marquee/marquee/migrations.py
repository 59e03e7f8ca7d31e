"""Migrates the stores of the cinema, subgraph by subgraph. Must never know what a revision does."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from marquee.subgraphs import history_of
from marquee_subgraphs.kit.database import Database, MigrationsPending
from marquee_subgraphs.kit.database.upgrade import Migrate, Standing
from marquee_subgraphs.kit.settings import Settings

Report = Callable[[str], None]
"""Prints one line."""


async def migrate_stores(settings: Settings, names: Iterable[str], report: Report) -> None:
    """Bring each store up to date and report a line for each. Raises `StoreUnusable`."""
    for name in names:
        report(_line(name, await _open(settings, name, "auto")))


async def pending_stores(settings: Settings, names: Iterable[str], report: Report) -> int:
    """Number of stores with pending migrations; reports a line for each store. Raises `StoreTooNew`."""
    pending = 0
    for name in names:
        try:
            report(_line(name, await _open(settings, name, "check")))
        except MigrationsPending as error:
            report(_line(name, error.standings))
            pending += 1
    return pending


async def _open(settings: Settings, name: str, migrate: Migrate) -> tuple[Standing, ...]:
    async with await Database.open(
        settings.database_url(name), history_of(name), pool_size=1, migrate=migrate
    ) as database:
        return database.standings


def _line(name: str, standings: Iterable[object]) -> str:
    shown = ", ".join(str(each) for each in standings) or "not there yet"
    return f"{name + ':':<15}{shown}"
