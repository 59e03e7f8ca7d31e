"""Where a store stands in the histories of its tables. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select, text

from marquee_subgraphs.kit.database.errors import MigrationsPending, StoreTooNew
from marquee_subgraphs.kit.database.upgrade.history import History

Migrate = Literal["auto", "check"]
"""`auto` brings a store up to date when it is opened; `check` refuses one that is behind."""

_TABLE_NAMES = {
    "sqlite": text("SELECT name FROM sqlite_master WHERE type = 'table'"),
    "postgresql": text("SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = current_schema()"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one store stands in one history."""

    history: History
    recorded: str | None
    """The revision that the store records; None when it records none."""
    has_tables: bool

    @property
    def is_pending(self) -> bool:
        """True if the store lacks something that the code expects."""
        return self.recorded is None or self.recorded < self.history.head()

    @property
    def is_empty(self) -> bool:
        """True if nothing of the history is there yet."""
        return self.recorded is None and not self.has_tables

    def __str__(self) -> str:
        before = self.recorded or ("unversioned" if self.has_tables else "empty")
        return f"{self.history.name} {before}" + (f" → {self.history.head()}" if self.is_pending else "")


def read_standings(connection: Connection, histories: Sequence[History]) -> list[Standing]:
    """Return where the store stands in each history. Raises `StoreTooNew`."""
    present = set(connection.execute(_TABLE_NAMES[connection.dialect.name]).scalars())
    return [_standing(connection, history, present) for history in histories]


def _standing(connection: Connection, history: History, present: set[str]) -> Standing:
    has_tables = not present.isdisjoint(history.tables.tables)
    row = None
    if history.version_table in present:
        row = connection.execute(select(history.versions())).first()
    if row is None:
        return Standing(history, None, has_tables)
    head, needed = history.head(), row.compatible_from or row.version_num
    if row.version_num > head and needed > head:
        raise StoreTooNew(
            f"The store of {history.name} is at revision {row.version_num}, made by a newer release, and"
            f" works with code of revision {needed} or later; this code ends at {head}. Run the newer"
            " release, or restore a copy of the store from before it was migrated."
        )
    return Standing(history, row.version_num, has_tables)


def pending_error(store: str, standings: Sequence[Standing]) -> MigrationsPending:
    """Return the error of a store that is behind and may not be migrated."""
    pending = ", ".join(str(each) for each in standings if each.is_pending)
    return MigrationsPending(
        f"{store} is behind this code ({pending}). Run `marquee migrate`, or start with"
        " MARQUEE_MIGRATE=auto.",
        [str(each) for each in standings],
    )
