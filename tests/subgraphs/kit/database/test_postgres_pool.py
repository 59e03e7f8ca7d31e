"""PostgreSQL's connections in a pool: what the server has closed is replaced, and nothing is asked twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import asyncpg
import pytest
from sqlalchemy import literal, select
from sqlalchemy.engine import make_url

from marquee_subgraphs.kit.database import Database

_SLEEPING = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


async def _read_at_once(database: Database, times: int) -> None:
    """Reads that are open together, so that each has a connection of its own."""
    everybody = asyncio.Barrier(times)

    async def read() -> None:
        async with database.read() as connection:
            assert await connection.scalar(select(literal(1))) == 1
            await everybody.wait()

    async with asyncio.TaskGroup() as group:
        for _ in range(times):
            group.create_task(read())


async def test_connections_that_the_server_closed_are_replaced(postgres_url: str) -> None:
    plain = make_url(postgres_url).set(drivername="postgresql").render_as_string(hide_password=False)
    async with await Database.open(postgres_url) as database:
        await _read_at_once(database, 5)
        operator = await asyncpg.connect(plain)
        try:
            assert len(await operator.fetch(_SLEEPING)) >= 5
        finally:
            await operator.close()
        await _read_at_once(database, 5)


async def test_a_read_of_one_statement_is_three_exchanges_with_the_server(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    execute: Callable[..., Any] = asyncpg.Connection.execute
    fetchrow: Callable[..., Any] = asyncpg.Connection.fetchrow

    async def counted(connection: asyncpg.Connection, query: str, *args: Any, **options: Any) -> Any:
        asked.append(query.split()[0])
        return await execute(connection, query, *args, **options)

    async def counted_row(connection: asyncpg.Connection, query: str, *args: Any, **options: Any) -> Any:
        asked.append(query)
        return await fetchrow(connection, query, *args, **options)

    async with await Database.open(postgres_url) as database:
        await _read_at_once(database, 1)
        monkeypatch.setattr(asyncpg.Connection, "execute", counted)
        monkeypatch.setattr(asyncpg.Connection, "fetchrow", counted_row)
        await _read_at_once(database, 1)

    assert asked == ["BEGIN", "ROLLBACK;"]  # the statement itself goes by a prepared one
