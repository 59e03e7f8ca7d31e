"""The only writer of a SQLite file, with group commit.

Writers queue for the connection. A writer that has finished its statements leaves them in the open group, as
a released savepoint, and lets the next one in. The group commits when the writers that were queued have
joined, so one flush to disk serves them all:

    A: BEGIN IMMEDIATE, statements                      waits ─┐
    B: SAVEPOINT member, statements, RELEASE            waits ─┤ COMMIT: A and B return
    C: SAVEPOINT member, statements, ROLLBACK TO        raises; A and B are unharmed

Must never return to a writer before its group is on disk, nor let the failure of one member harm another.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy import Connection, Executable

from marquee_subgraphs.kit.database.absence import TELLING_ABSENCE, is_absence
from marquee_subgraphs.kit.database.connection import Listener, Parameters, Rows, Transaction, run_callbacks
from marquee_subgraphs.kit.database.errors import (
    DatabaseAway,
    DatabaseBusy,
    DatabaseClosed,
    DatabaseError,
    TransactionLost,
)
from marquee_subgraphs.kit.database.sqlite_handle import SqliteHandle, execute_on

T = TypeVar("T")
_SCHEMA_TIMEOUT_MS = 60_000
_BUSY_TIMEOUT_SECONDS = 15.0
_BUSY_PAUSE_SECONDS = 0.005
_SLOW_COMMIT_SECONDS = 0.002
_PROBE_EVERY = 64


class _SqliteTransaction(Transaction):
    __slots__ = ("_handle", "_listener")

    def __init__(self, handle: SqliteHandle, listener: Listener) -> None:
        super().__init__("sqlite")
        self._handle: SqliteHandle | None = handle
        self._listener = listener

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        if self._handle is None:
            raise DatabaseClosed("the transaction has ended")
        self._listener(statement)
        return execute_on(self._handle.connection, statement, parameters)

    def end(self) -> list[Callable[[], None]]:
        """Refuse further statements and return the callbacks."""
        self._handle = None
        return self._callbacks


class SqliteWriter:
    """Serialises transactions on one connection and commits them in groups."""

    def __init__(self, handle: SqliteHandle, listener: Listener, threads: ThreadPoolExecutor) -> None:
        self._handle = handle
        self._listener = listener
        self._threads = threads
        self._lock = asyncio.Lock()
        self._members: list[tuple[asyncio.Future[None], list[Callable[[], None]]]] = []
        self._group_durable = True
        self._committer: asyncio.Task[None] | None = None
        self._commit_seconds = 0.0
        self._commits = 0
        self._closed = False

    def look(self, work: Callable[[Connection], T]) -> T:
        """Return what `work` reads. Call it before any transaction."""
        return work(self._handle.connection)

    def change_schema(self, work: Callable[[Connection], T]) -> T:
        """Let `work` change tables in one transaction, safely even when another process does the same.
        Blocks.

        References are not enforced meanwhile: SQLite changes a table by creating a new one and dropping the
        old.
        """
        raw = self._handle.raw
        raw.execute(f"PRAGMA busy_timeout={_SCHEMA_TIMEOUT_MS}")
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            raw.execute("BEGIN IMMEDIATE")
            outcome = work(self._handle.connection)
            raw.execute("COMMIT")
        except BaseException:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raise
        finally:
            raw.execute("PRAGMA foreign_keys=ON")
            raw.execute("PRAGMA busy_timeout=0")
        return outcome

    @asynccontextmanager
    async def transaction(self, durable: bool) -> AsyncIterator[Transaction]:
        """Open a transaction that commits with its group. `durable=False` survives the end of the process,
        but maybe not a power failure.
        """
        await self._lock.acquire()
        try:
            alone = await self._join(durable)
        except BaseException:
            self._lock.release()
            raise
        transaction = _SqliteTransaction(self._handle, self._listener)
        try:
            yield transaction
        except BaseException:
            transaction.end()
            self._abandon(alone)
            self._lock.release()
            raise
        kept = self._keep(transaction, alone)
        self._lock.release()
        await asyncio.shield(kept)

    async def _join(self, durable: bool) -> bool:
        """Open a group, or enter the open one; return True if it was opened."""
        if self._closed:
            raise DatabaseClosed("the database is closed")
        raw = self._handle.raw
        # A durable write must not wait for a group that commits without a flush.
        if self._members and durable and not self._group_durable:
            self._settle(self._commit_now())
        if self._members:
            raw.execute("SAVEPOINT member")
            return False
        if durable != self._group_durable:
            raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._group_durable = durable
        await self._begin()
        return True

    async def _begin(self) -> None:
        deadline = time.monotonic() + _BUSY_TIMEOUT_SECONDS
        while True:
            try:
                self._handle.raw.execute("BEGIN IMMEDIATE")
            # Another process may write: `marquee migrate`, or a second process of the cinema on the same
            # folder.
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    with TELLING_ABSENCE:
                        raise
                if time.monotonic() > deadline:
                    raise DatabaseBusy("another process keeps the write lock of the database") from error
            else:
                return
            await asyncio.sleep(_BUSY_PAUSE_SECONDS)

    def _abandon(self, alone: bool) -> None:
        raw = self._handle.raw
        # A full disk makes SQLite roll back the whole transaction, not only the failed statement.
        if not raw.in_transaction:
            self._settle(TransactionLost("the store rolled the whole group back"))
        elif alone:
            raw.execute("ROLLBACK")
        else:
            raw.execute("ROLLBACK TO member")
            raw.execute("RELEASE member")

    def _keep(self, transaction: _SqliteTransaction, alone: bool) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        kept: asyncio.Future[None] = loop.create_future()
        self._members.append((kept, transaction.end()))
        if not self._handle.raw.in_transaction:
            self._settle(TransactionLost("the store rolled the whole group back"))
            return kept
        if not alone:
            self._handle.raw.execute("RELEASE member")
        if self._committer is None:
            self._committer = loop.create_task(self._commit_group())
        return kept

    async def _commit_group(self) -> None:
        """Commit once the writers that queued before have joined."""
        async with self._lock:
            self._committer = None
            if not self._members:
                return
            self._commits += 1
            # On a slow disk the commit runs in a thread, so that it does not block the loop. On a fast one
            # the hop costs more than the commit. Every 64th commit is measured on the loop again: the disk
            # may have become fast.
            slow = self._commit_seconds > _SLOW_COMMIT_SECONDS and self._commits % _PROBE_EVERY
            if slow:
                outcome = await asyncio.get_running_loop().run_in_executor(self._threads, self._commit_now)
            else:
                started = time.perf_counter()
                outcome = self._commit_now()
                spent = time.perf_counter() - started
                self._commit_seconds += (spent - self._commit_seconds) / 4
            self._settle(outcome)

    def _commit_now(self) -> DatabaseError | None:
        raw = self._handle.raw
        try:
            raw.execute("COMMIT")
        except sqlite3.Error as error:
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            kind = DatabaseAway if is_absence(error) else TransactionLost
            lost = kind(f"the commit failed: {error}")
            lost.__cause__ = error
            return lost
        return None

    def _settle(self, outcome: DatabaseError | None) -> None:
        members, self._members = self._members, []
        # Callbacks run before the writers go on: a subscription sees the change that its mutation returns.
        for kept, callbacks in members:
            if outcome is None:
                run_callbacks(callbacks)
            if kept.done():
                continue
            if outcome is None:
                kept.set_result(None)
            else:
                kept.set_exception(outcome)

    async def close(self) -> None:
        """Commit the open group and close the connection."""
        async with self._lock:
            self._closed = True
        if self._committer is not None:
            await self._committer
        self._handle.close()
