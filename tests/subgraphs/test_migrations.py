"""The revisions of every owner of tables make what it declares, on SQLite and PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine

from marquee.subgraphs import OWNERS, history_of
from marquee_subgraphs.kit.database import History
from marquee_subgraphs.kit.database.upgrade import Standing
from marquee_subgraphs.kit.database.upgrade.revision_writer import compare_options
from marquee_subgraphs.kit.database.upgrade.runner import scripts_of, upgrade

T = TypeVar("T")


@pytest.fixture(params=OWNERS)
def history(request: pytest.FixtureRequest) -> History:
    return history_of(request.param)


async def within(url: str, work: Callable[[Connection], T]) -> T:
    """Do `work` in one transaction of its own."""
    if url.startswith("sqlite"):
        engine = create_engine(url)
        try:
            with engine.begin() as connection:
                return work(connection)
        finally:
            engine.dispose()
    asynchronous = create_async_engine(url)
    try:
        async with asynchronous.begin() as opened:
            return await opened.run_sync(work)
    finally:
        await asynchronous.dispose()


def shape(connection: Connection, history: History) -> dict[str, Any]:
    """All that a store says of the history's tables, in a form that compares."""
    inspector = inspect(connection)
    return {name: _table(connection, inspector, name) for name in history.tables.tables}


def listed(found: list[dict[str, Any]]) -> list[str]:
    return sorted(str(plain(each)) for each in found)


def plain(value: Any) -> Any:
    return {key: plain(value[key]) for key in sorted(value)} if isinstance(value, dict) else str(value)


def _table(connection: Connection, inspector: Any, name: str) -> dict[str, Any]:
    counts_up = connection.dialect.name == "sqlite" and connection.scalar(
        text("SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE name = :name"), {"name": name}
    )
    return {
        "columns": listed(inspector.get_columns(name)),
        "key": inspector.get_pk_constraint(name)["constrained_columns"],
        "references": listed(inspector.get_foreign_keys(name)),
        "unique": listed(inspector.get_unique_constraints(name)),
        "indexes": listed(inspector.get_indexes(name)),
        "checks": listed(inspector.get_check_constraints(name)),
        "counts up": counts_up,
    }


def migrate(connection: Connection, history: History) -> None:
    connection.execute(text("SELECT 1"))
    upgrade(connection, Standing(history, None, has_tables=False))


async def test_revisions_make_what_the_tables_declare(store_url: str, history: History) -> None:
    def by_revisions(connection: Connection) -> tuple[dict[str, Any], Any]:
        migrate(connection, history)
        context = MigrationContext.configure(connection, opts=compare_options(history))
        made = shape(connection, history), compare_metadata(context, history.tables)
        history.tables.drop_all(connection)
        return made

    def by_declaration(connection: Connection) -> dict[str, Any]:
        history.tables.create_all(connection)
        return shape(connection, history)

    made, differences = await within(store_url, by_revisions)

    assert differences == []
    assert made == await within(store_url, by_declaration)


def test_revisions_are_numbered_without_gaps_or_branches(history: History) -> None:
    revisions = list(scripts_of(history).walk_revisions())[::-1]

    numbers = [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert [each.revision for each in revisions] == numbers
    assert [each.down_revision for each in revisions] == [None, *numbers[:-1]]
    assert list(history.revisions()) == numbers, "each file begins with its revision"
    assert all(history.compatible_from(number) <= number for number in numbers)


def test_what_older_code_could_not_bear_says_so(history: History) -> None:
    """A revision that drops, renames or demands something names code that does without."""
    demanding = re.compile(r"\b(drop_\w+|alter_column|rename_table)\(")
    for number, path in history.revisions().items():
        if demanding.search(path.read_text(encoding="utf-8")):
            assert history.compatible_from(number) > "0001"
