"""PostgreSQL behind `Database`, by asyncpg: a pool, a database per subgraph made when it is missing.

Must never be given a URL with a driver other than asyncpg.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import URL, Executable, MetaData, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from subgraphs.kit.database.connection import (
    Connection,
    Listener,
    Parameters,
    Rows,
    Transaction,
    run_callbacks,
)
from subgraphs.kit.database.errors import DatabaseClosed
from subgraphs.kit.database.sqlstates import sqlstate

_SCHEMA_LOCK = 7_310_468_001
_DUPLICATE_DATABASE = "42P04"
_UNIQUE_VIOLATION = "23505"
_OVERFLOW = 2


async def _execute(connection: AsyncConnection, statement: Executable, parameters: Parameters | None) -> Rows:
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
        """Refuse further statements and hand over the callbacks."""
        self._connection = None
        return self._callbacks


class PostgresBackend:
    """One PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, engine: AsyncEngine, listener: Listener) -> None:
        self._engine = engine
        self._listener = listener

    @classmethod
    async def open(
        cls, url: URL, metadatas: tuple[MetaData, ...], listener: Listener, pool_size: int
    ) -> PostgresBackend:
        """Connect; make the database and its tables when missing, safe with replicas starting together."""
        await _create_database(url)
        engine = create_async_engine(
            url, pool_size=pool_size, max_overflow=_OVERFLOW, pool_pre_ping=True, hide_parameters=True
        )
        try:
            async with engine.begin() as connection:
                await connection.execute(select(func.pg_advisory_xact_lock(_SCHEMA_LOCK)))
                for metadata in metadatas:
                    await connection.run_sync(metadata.create_all)
        except BaseException:
            await engine.dispose()
            raise
        return cls(engine, listener)

    @asynccontextmanager
    async def transaction(self, durable: bool) -> AsyncIterator[Transaction]:
        """Write and commit at READ COMMITTED."""
        async with self._engine.connect() as connection:
            if not durable:
                await connection.execute(text("SET LOCAL synchronous_commit = off"))
            transaction = _PostgresTransaction(connection, self._listener)
            try:
                yield transaction
            finally:
                callbacks = transaction.end()
            committing = asyncio.ensure_future(connection.commit())
            try:
                await asyncio.shield(committing)
            except asyncio.CancelledError:
                # The outcome must be known before the connection goes back, and the callbacks must run.
                await asyncio.wait([committing])
                if not committing.cancelled() and committing.exception() is None:
                    run_callbacks(callbacks)
                raise
        run_callbacks(callbacks)

    @asynccontextmanager
    async def read(self, heavy: bool) -> AsyncIterator[Connection]:
        """Read from one snapshot."""
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield _PostgresReader(connection, self._listener)

    def in_use(self) -> tuple[int, int | None]:
        """Connections taken from the pool, and how many may be."""
        pool = self._engine.pool
        assert isinstance(pool, QueuePool)
        return pool.checkedout(), pool.size() + _OVERFLOW

    def data_version(self) -> int:
        """PostgreSQL has none."""
        return 0

    async def close(self) -> None:
        """Close the pool."""
        await self._engine.dispose()


async def _create_database(url: URL) -> None:
    engine = create_async_engine(
        url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    try:
        async with engine.connect() as connection:
            known = await connection.execute(
                text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": url.database}
            )
            if known.first() is None:
                quoted = engine.dialect.identifier_preparer.quote_identifier(str(url.database))
                try:
                    await connection.execute(text(f"CREATE DATABASE {quoted}"))
                except DBAPIError as error:
                    if sqlstate(error) not in (_DUPLICATE_DATABASE, _UNIQUE_VIOLATION):
                        raise
    finally:
        await engine.dispose()
