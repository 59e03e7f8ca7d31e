"""PostgreSQL's roles: each subgraph reaches its own rows, and nothing else."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from deploy.local import LocalStack

pytestmark = pytest.mark.asyncio(loop_scope="session")


def database(stack: LocalStack, service: str, name: str) -> str:
    """The address of a database for the role of a service."""
    parts = urlsplit(stack.environment(service)["MARQUEE_POSTGRES_URL"])
    return urlunsplit(parts._replace(path=f"/{name}"))


async def test_a_subgraph_reads_and_writes_rows_but_changes_no_table(stack: LocalStack) -> None:
    connection = await asyncpg.connect(database(stack, "tickets", "marquee_tickets"))
    try:
        assert await connection.fetchval("SELECT count(*) FROM orders") >= 0
        for forbidden in (
            "CREATE TABLE mine (id int)",
            "DROP TABLE orders",
            "ALTER TABLE orders ADD COLUMN mine int",
            "TRUNCATE orders",
            "CREATE DATABASE mine",
            "CREATE ROLE mine",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def test_a_subgraph_sees_no_other_database(stack: LocalStack) -> None:
    for name in ("marquee_users", "marquee_payments"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(database(stack, "tickets", name))


async def test_without_its_password_nobody_comes_in(stack: LocalStack) -> None:
    url = database(stack, "tickets", "marquee_tickets")
    parts = urlsplit(url)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url.replace(str(parts.password), "guessed"))
