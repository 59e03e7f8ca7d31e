"""What a service works with while it reads or writes: `Connection` for reads, `Transaction` for both.

Rows are buffered, so nothing here keeps a cursor open. Must never be kept past its `async with` block.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any, Protocol, cast

from sqlalchemy import Executable, Row, RowMapping, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import MultipleResultsFound, NoResultFound

_LOGGER = logging.getLogger(__name__)

Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Listener = Callable[[Executable], None]


DIALECTS = ("sqlite", "postgresql")


def insert_into(table: Table, dialect: str) -> sqlite.Insert:
    """Return an INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` for `dialect`.

    Statements on hot paths are built once per dialect, with bound parameters: building one costs more than
    executing it. A guarded upsert claims a row only while its guard holds, on both dialects, in one
    statement; of two that race for one seat exactly one gets a row count of 1:

        insert_into(SEATS, dialect).on_conflict_do_update(
            index_elements=["showtime_id", "label"],
            set_={"hold_id": bindparam("hold")},
            where=SEATS.c.held_until <= bindparam("now"),
        )
    """
    if dialect == "postgresql":
        # Both dialects offer the same upsert methods; one type for both keeps services free of dialects.
        return cast(sqlite.Insert, postgresql.insert(table))
    return sqlite.insert(table)


class UnitOfWork(Protocol):
    """A set of writes that commit together or not at all, in whatever store."""

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback` once the writes are durable; never after a rollback."""
        ...


class Rows:
    """The rows of one statement, whole in memory; methods are named as those of SQLAlchemy's `Result`."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Row[Any]], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Row[Any]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def all(self) -> Sequence[Row[Any]]:
        """Return every row."""
        return self._rows

    def first(self) -> Row[Any] | None:
        """Return the first row, or None."""
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Row[Any] | None:
        """Return the only row, or None. Raises `MultipleResultsFound` when there are more."""
        if len(self._rows) > 1:
            raise MultipleResultsFound("one row or none was expected")
        return self.first()

    def one(self) -> Row[Any]:
        """Return the only row. Raises `NoResultFound` or `MultipleResultsFound` otherwise."""
        row = self.one_or_none()
        if row is None:
            raise NoResultFound("one row was expected")
        return row

    def scalar(self) -> Any:
        """Return the first column of the first row, or None."""
        row = self.first()
        return None if row is None else row[0]

    def scalars(self) -> list[Any]:
        """Return the first column of every row."""
        return [row[0] for row in self._rows]

    def mappings(self) -> list[RowMapping]:
        """Return every row as a mapping by column name."""
        return [row._mapping for row in self._rows]


class Connection(ABC):
    """A consistent view of the store."""

    __slots__ = ("dialect",)

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect

    @abstractmethod
    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        """Execute one Core statement and return its rows; a list of parameters executes it once for each."""

    async def scalar(self, statement: Executable, parameters: Parameters | None = None) -> Any:
        """Return the first column of the first row, or None."""
        return (await self.execute(statement, parameters)).scalar()

    async def scalars(self, statement: Executable, parameters: Parameters | None = None) -> list[Any]:
        """Return the first column of every row."""
        return (await self.execute(statement, parameters)).scalars()


class Transaction(Connection):
    """Writes that commit together when the block ends, and roll back when it raises.

    Never await another service while one is open: on SQLite it holds the only writer.
    """

    __slots__ = ("_callbacks",)

    def __init__(self, dialect: str) -> None:
        super().__init__(dialect)
        self._callbacks: list[Callable[[], None]] = []

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call `callback`, which must be quick, once the writes are durable; never after a rollback.

        It runs in the context of its caller here: one commit may serve several transactions, and each
        callback must see the trace of its own.
        """
        self._callbacks.append(partial(copy_context().run, callback))

    def insert(self, table: Table) -> sqlite.Insert:
        """Return an INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` for this store."""
        return insert_into(table, self.dialect)


def run_callbacks(callbacks: list[Callable[[], None]]) -> None:
    """Call each callback. One that fails is logged, because the commit before it cannot be undone."""
    for callback in callbacks:
        try:
            callback()
        except Exception:  # an edge: the next callback must still be called
            _LOGGER.exception("a callback after a commit failed")


def sql_transaction(unit: UnitOfWork) -> Transaction:
    """Return the SQL transaction behind `unit`. Raises `TypeError` when it belongs to another kind of
    store.
    """
    if not isinstance(unit, Transaction):
        raise TypeError(f"a SQL store cannot join a {type(unit).__name__}")
    return unit
