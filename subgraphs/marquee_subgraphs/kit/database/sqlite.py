"""SQLite behind `Database`: one writer with group commit (`sqlite_writer`), and read-only readers.

Statements run on the event loop: a hop to a thread costs more than most statements and, while the loop is
busy, waits for the interpreter lock. Scans ask for `heavy` and run in a thread. A connection must never be
used by two users at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import Executable

from marquee_foundation.private_files import make_private_file, make_private_folder
from marquee_subgraphs.kit.database.connection import Connection, Listener, Parameters, Rows, Transaction
from marquee_subgraphs.kit.database.errors import DatabaseClosed, MigrationsPending
from marquee_subgraphs.kit.database.sqlite_handle import SqliteHandle, execute_on
from marquee_subgraphs.kit.database.sqlite_writer import SqliteWriter

T = TypeVar("T")
_READERS_KEPT = 4
_THREADS = 3
_INTERRUPT_AGAIN_SECONDS = 0.05


class _SqliteReader(Connection):
    __slots__ = ("_handle", "_listener")

    def __init__(self, handle: SqliteHandle, listener: Listener) -> None:
        super().__init__("sqlite")
        self._handle: SqliteHandle | None = handle
        self._listener = listener

    def _open_handle(self) -> SqliteHandle:
        if self._handle is None:
            raise DatabaseClosed("the read has ended")
        return self._handle

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        handle = self._open_handle()
        self._listener(statement)
        return execute_on(handle.connection, statement, parameters)

    def end(self) -> None:
        """Refuse further statements."""
        self._handle = None


class _HeavyReader(_SqliteReader):
    __slots__ = ("_threads",)

    def __init__(self, handle: SqliteHandle, listener: Listener, threads: ThreadPoolExecutor) -> None:
        super().__init__(handle, listener)
        self._threads = threads

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        handle = self._open_handle()
        self._listener(statement)
        running = asyncio.get_running_loop().run_in_executor(
            self._threads, execute_on, handle.connection, statement, parameters
        )
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # The connection may be used again only after the thread has finished with it. An interrupt before
            # the statement began has no effect, so it is repeated.
            while not running.done():
                handle.raw.interrupt()
                with suppress(asyncio.CancelledError):
                    await asyncio.wait([running], timeout=_INTERRUPT_AGAIN_SECONDS)
            if not running.cancelled():
                running.exception()
            raise


class SqliteBackend:
    """One SQLite file: a writer and a few readers."""

    dialect = "sqlite"

    def __init__(self, path: Path, listener: Listener, *, create: bool) -> None:
        """Open the file. Raises `MigrationsPending` when there is none and none may be created."""
        if not create and not path.exists():
            raise MigrationsPending(f"There is no store at {path}. Run `marquee migrate`.", ())
        make_private_folder(path.parent)
        make_private_file(path)
        self._listener = listener
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix=f"sqlite-{path.stem}")
        self._writer = SqliteWriter(SqliteHandle(path, read_only=False), listener, self._threads)
        self._path = path
        self._watcher = SqliteHandle(path, read_only=True)
        self._idle_readers: list[SqliteHandle] = []
        self._reading = 0
        self._closed = False

    def transaction(self, durable: bool) -> AbstractAsyncContextManager[Transaction]:
        """Open a transaction; see `SqliteWriter.transaction`."""
        return self._writer.transaction(durable)

    @asynccontextmanager
    async def read(self, heavy: bool) -> AsyncIterator[Connection]:
        """Read from one snapshot, off the loop when `heavy`."""
        handle = self._take_reader()
        try:
            handle.raw.execute("BEGIN")
            connection = (
                _HeavyReader(handle, self._listener, self._threads)
                if heavy
                else _SqliteReader(handle, self._listener)
            )
            try:
                yield connection
            finally:
                connection.end()
                if handle.raw.in_transaction:
                    handle.raw.execute("ROLLBACK")
        finally:
            self._give_back(handle)

    def _take_reader(self) -> SqliteHandle:
        if self._closed:
            raise DatabaseClosed("the database is closed")
        self._reading += 1
        # Never waits for a reader: one request may have a read open while it opens another, and would wait
        # for itself.
        return self._idle_readers.pop() if self._idle_readers else SqliteHandle(self._path, read_only=True)

    def _give_back(self, handle: SqliteHandle) -> None:
        self._reading -= 1
        if self._closed or len(self._idle_readers) >= _READERS_KEPT:
            handle.close()
        else:
            self._idle_readers.append(handle)

    def in_use(self) -> tuple[int, int | None]:
        """Return the number of readers in use; it has no limit."""
        return self._reading, None

    async def look(self, work: Callable[[SyncConnection], T]) -> T:
        """Return what `work` reads on the writer's connection."""
        return self._writer.look(work)

    async def change_schema(self, work: Callable[[SyncConnection], T]) -> T:
        """Let `work` change tables; see `SqliteWriter.change_schema`."""
        return self._writer.change_schema(work)

    def data_version(self) -> int:
        """Return a number that changes when any connection has committed to the file."""
        cursor = self._watcher.raw.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])

    async def close(self) -> None:
        """Finish the commit that is due and close every connection; open reads close theirs when they end."""
        self._closed = True
        await self._writer.close()
        for handle in (self._watcher, *self._idle_readers):
            handle.close()
        self._idle_readers.clear()
        self._threads.shutdown(wait=True)
