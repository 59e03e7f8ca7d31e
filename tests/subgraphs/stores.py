"""Fixtures for tests of stores: the same test runs on SQLite and on PostgreSQL.

`store_url` is an empty database; PostgreSQL's is made once per session, emptied for each test,
dropped at the end.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest


def _server() -> str | None:
    given = os.environ.get("MARQUEE_TEST_POSTGRES_URL")
    if given is not None:
        return given.rstrip("/")
    with socket.socket() as probe:
        probe.settimeout(0.3)
        if probe.connect_ex(("127.0.0.1", 5432)) == 0:
            return "postgresql://postgres@127.0.0.1:5432"
    return None


@pytest.fixture(scope="session")
def postgres_database() -> Iterator[str | None]:
    """The URL of this session's own database; None when no server answers."""
    server = _server()
    if server is None:
        yield None
        return
    name = f"marquee_test_{os.getpid()}_{secrets.token_hex(3)}"
    asyncio.run(_execute(f"{server}/postgres", f'CREATE DATABASE "{name}"'))
    # Tests kill no PostgreSQL, so its commits need not wait for the disk.
    asyncio.run(_execute(f"{server}/postgres", f'ALTER DATABASE "{name}" SET synchronous_commit = off'))
    yield f"{server}/{name}"
    asyncio.run(_execute(f"{server}/postgres", f'DROP DATABASE "{name}" WITH (FORCE)'))


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
def postgres_url(postgres_database: str | None) -> str:
    """An empty PostgreSQL database; the test is skipped when no server answers."""
    if postgres_database is None:
        pytest.skip("no PostgreSQL server: set MARQUEE_TEST_POSTGRES_URL, or use ./test, which starts one")
    asyncio.run(_execute(postgres_database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    return urlsplit(postgres_database)._replace(scheme="postgresql+asyncpg").geturl()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store, once of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url
