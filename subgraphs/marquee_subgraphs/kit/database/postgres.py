"""PostgreSQL behind `Database`, by asyncpg: a pool, and one database for each subgraph, created if missing.

Must never be given a URL with a driver other than asyncpg.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import asyncpg
from sqlalchemy import URL, Executable, event, func, select, text
from sqlalchemy import Connection as SyncConnection
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, PoolProxiedConnection, QueuePool

from marquee_subgraphs.kit.database.absence import TELLING_ABSENCE, is_absence
from marquee_subgraphs.kit.database.connection import (
    Connection,
    Listener,
    Parameters,
    Rows,
    Transaction,
    run_callbacks,
)
from marquee_subgraphs.kit.database.errors import DatabaseClosed, MigrationsPending
from marquee_subgraphs.kit.database.sqlstates import sqlstate

T = TypeVar("T")
_SCHEMA_LOCK = 7_310_468_001
_TABLE_LOCK_TIMEOUT_MS = 15_000
_NO_SUCH_DATABASE = "3D000"
_DUPLICATE_DATABASE = "42P04"
_UNIQUE_VIOLATION = "23505"
_OVERFLOW = 2


async def _execute(connection: AsyncConnection, statement: Executable, parameters: Parameters | None) -> Rows:
    with TELLING_ABSENCE:
        result = await connection.execute(statement, parameters)
    rows = result.all() if result.returns_rows else []
    return Rows(rows, result.rowcount)


class _PostgresReader(Connection):
    __slots__ = ("_connection", "_listener")

    def __init__(self, connection: AsyncConnection, listener: Listener) -> None:
        super().__init__("postgresql")
        self._connection = connection
        self._listener = listener

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        self._listener(statement)
        return await _execute(self._connection, statement, parameters)


class _PostgresTransaction(Transaction):
    __slots__ = ("_connection", "_listener")

    def __init__(self, connection: AsyncConnection, listener: Listener) -> None:
        super().__init__("postgresql")
        self._connection: AsyncConnection | None = connection
        self._listener = listener

    async def execute(self, statement: Executable, parameters: Parameters | None = None) -> Rows:
        if self._connection is None:
            raise DatabaseClosed("the transaction has ended")
        self._listener(statement)
        return await _execute(self._connection, statement, parameters)

    def end(self) -> list[Callable[[], None]]:
        """Refuse further statements and return the callbacks."""
        self._connection = None
        return self._callbacks


class PostgresBackend:
    """One PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, engine: AsyncEngine, listener: Listener) -> None:
        self._engine = engine
        self._listener = listener

    @classmethod
    async def open(cls, url: URL, listener: Listener, pool_size: int, *, create: bool) -> PostgresBackend:
        """Connect. Creates the database if it is missing, or raises `MigrationsPending` when that is not
        allowed.
        """
        engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=_OVERFLOW,
            hide_parameters=True,  # an error's text must not bring what people wrote into a log
        )
        event.listen(engine.sync_engine, "checkout", _refuse_closed)
        try:
            try:
                async with engine.connect():
                    pass
            except DBAPIError as error:
                if sqlstate(error) != _NO_SUCH_DATABASE:
                    raise
                if not create:
                    raise MigrationsPending(
                        f"There is no database {url.database}. Run `marquee migrate`.", ()
                    ) from None
                await _create_database(url)
        except BaseException:
            await engine.dispose()
            raise
        return cls(engine, listener)

    async def look(self, work: Callable[[SyncConnection], T]) -> T:
        """Return what `work` reads."""
        async with self._engine.connect() as connection:
            return await connection.run_sync(work)

    async def change_schema(self, work: Callable[[SyncConnection], T]) -> T:
        """Let `work` change tables in one transaction, while every other process waits to do the same.

        A change that does not get its table lock within 15 s fails: waiting longer would queue every user of
        the table behind it.
        """
        async with self._engine.begin() as connection:
            # Replicas that start together take turns; the second finds the tables up to date.
            await connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
            await connection.execute(text(f"SET LOCAL lock_timeout = {_TABLE_LOCK_TIMEOUT_MS}"))
            return await connection.run_sync(work)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """Take a connection of the pool. Raises `DatabaseAway`."""
        connection = self._engine.connect()
        with TELLING_ABSENCE:
            await connection.start()
        try:
            yield connection
        finally:
            try:
                await connection.__aexit__(None, None, None)  # closes it even when the task is cancelled
            except DBAPIError as error:
                if not is_absence(error):
                    raise
                await _discard(connection)  # the reads and the commit before are valid

    @asynccontextmanager
    async def transaction(self, durable: bool) -> AsyncIterator[Transaction]:
        """Write and commit at READ COMMITTED."""
        async with self._connected() as connection:
            if not durable:
                await _execute(connection, text("SET LOCAL synchronous_commit = off"), None)
            transaction = _PostgresTransaction(connection, self._listener)
            try:
                yield transaction
            finally:
                callbacks = transaction.end()
            committing = asyncio.ensure_future(connection.commit())
            try:
                with TELLING_ABSENCE:
                    await asyncio.shield(committing)
            except asyncio.CancelledError:
                # The commit may succeed although its task was cancelled. Its outcome must be known before the
                # connection goes back to the pool, and the callbacks of a successful commit must run.
                await asyncio.wait([committing])
                if not committing.cancelled() and committing.exception() is None:
                    run_callbacks(callbacks)
                raise
        run_callbacks(callbacks)

    @asynccontextmanager
    async def read(self, heavy: bool) -> AsyncIterator[Connection]:
        """Read from one snapshot."""
        async with self._connected() as connection:
            with TELLING_ABSENCE:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            yield _PostgresReader(connection, self._listener)

    def in_use(self) -> tuple[int, int | None]:
        """Return how many connections are taken from the pool, and how many may be."""
        pool = self._engine.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout(), pool.size() + _OVERFLOW

    def data_version(self) -> int:
        """Return 0: PostgreSQL has no such number."""
        return 0

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()


def _refuse_closed(connection: DBAPIConnection, _: ConnectionPoolEntry, __: PoolProxiedConnection) -> None:
    """Make the pool open a new connection when the server has closed this one, and treat all older ones
    alike.

    The driver notices when a server closes its sockets. Asking the server before each use, as `pool_pre_ping`
    does, would cost a round trip for each transaction.
    """
    driver: asyncpg.Connection = connection.driver_connection
    if driver.is_closed():
        raise InvalidatePoolError


async def _discard(connection: AsyncConnection) -> None:
    """Remove a connection from the pool that was lost while it was returned; it may be removed already."""
    with suppress(SQLAlchemyError):
        await connection.invalidate()
    with suppress(SQLAlchemyError):
        await connection.close()


async def _create_database(url: URL) -> None:
    engine = create_async_engine(
        url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    quoted = engine.dialect.identifier_preparer.quote_identifier(str(url.database))
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {quoted}"))
    except DBAPIError as error:
        # Another replica may create the same database at this moment; PostgreSQL reports either error then.
        if sqlstate(error) not in (_DUPLICATE_DATABASE, _UNIQUE_VIOLATION):
            raise
    finally:
        await engine.dispose()
