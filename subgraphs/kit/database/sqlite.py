"""SQLite behind `Database`: one writer with group commit (`sqlite_writer`), and read-only readers.

Statements run on the event loop: a hop to a thread costs more than most statements and, while the loop is
busy, waits for the interpreter lock. Reads that scan much ask for `heavy` and leave the loop. Must never
share a connection between two users at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

from sqlalchemy import Executable, MetaData

from subgraphs.kit.database.connection import Connection, Listener, Parameters, Rows, Transaction
from subgraphs.kit.database.errors import DatabaseClosed
from subgraphs.kit.database.sqlite_handle import SqliteHandle, execute_on
from subgraphs.kit.database.sqlite_writer import SqliteWriter

_READERS = 2
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
            # The connection may be used again only when the thread has let go of it. An interrupt that comes
            # before the statement began has no effect, and a second cancellation changes nothing.
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

    def __init__(self, path: Path, metadatas: tuple[MetaData, ...], listener: Listener) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._listener = listener
        self._threads = ThreadPoolExecutor(max_workers=_READERS + 1, thread_name_prefix=f"sqlite-{path.stem}")
        self._writer = SqliteWriter(SqliteHandle(path, read_only=False), listener, self._threads)
        self._writer.create_tables(metadatas)
        self._all_readers = [SqliteHandle(path, read_only=True) for _ in range(_READERS)]
        self._readers: asyncio.LifoQueue[SqliteHandle] = asyncio.LifoQueue()
        for reader in self._all_readers:
            self._readers.put_nowait(reader)

    def transaction(self, durable: bool) -> AbstractAsyncContextManager[Transaction]:
        """Write; see `SqliteWriter.transaction`."""
        return self._writer.transaction(durable)

    @asynccontextmanager
    async def read(self, heavy: bool) -> AsyncIterator[Connection]:
        """Read from one snapshot, off the loop when `heavy`."""
        handle = await self._readers.get()
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
            self._readers.put_nowait(handle)

    def data_version(self) -> int:
        """A number that changes when any connection but the readers has committed to the file."""
        cursor = self._all_readers[0].raw.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])

    async def close(self) -> None:
        """Finish the due commit, wait for readers, close every connection."""
        await self._writer.close()
        for _ in self._all_readers:
            (await self._readers.get()).close()
        self._threads.shutdown(wait=True)
