"""Migrates the stores of the cinema, subgraph by subgraph. Must never know what a revision does."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from marquee.subgraphs import history_of
from marquee_subgraphs.kit.database import Database, MigrationsPending
from marquee_subgraphs.kit.database.upgrade import Migrate, Standing
from marquee_subgraphs.kit.settings import Settings

Tell = Callable[[str], None]


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
            tell(_line(name, error.standings))
            pending += 1
    return pending


async def _open(settings: Settings, name: str, migrate: Migrate) -> tuple[Standing, ...]:
    async with await Database.open(
        settings.database_url(name), history_of(name), pool_size=1, migrate=migrate
    ) as database:
        return database.standings


def _line(name: str, standings: Iterable[object]) -> str:
    told = ", ".join(str(each) for each in standings) or "not there yet"
    return f"{name + ':':<15}{told}"
