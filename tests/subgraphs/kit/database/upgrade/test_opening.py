"""Opening a store brings its tables up to date, or says why not, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from marquee_subgraphs.kit.database import (
    Database,
    History,
    MigrationsPending,
    StoreTooNew,
    StoreUnrecognised,
)
from tests.subgraphs.kit.database.upgrade import shop

ONE = (shop.BASELINE,)
TWO = (shop.BASELINE, shop.ADD_NOTE)
THREE = (shop.BASELINE, shop.ADD_NOTE, shop.REQUIRE_BUYER)


@pytest.fixture
def old(tmp_path: Path) -> History:
    return shop.history(tmp_path / "old", *ONE)


@pytest.fixture
def new(tmp_path: Path) -> History:
    return shop.history(tmp_path / "new", *TWO)


async def sell(url: str, *tables: object, buyer: str = "ana") -> None:
    """Open and add an order with a line."""
    async with await Database.open(url, *tables) as database, database.transaction() as tx:  # type: ignore[arg-type]
        await tx.execute(text("INSERT INTO orders (id, buyer) VALUES (1, :buyer)"), {"buyer": buyer})
        await tx.execute(text("INSERT INTO lines (order_id, item) VALUES (1, 'popcorn')"))


async def read(database: Database, statement: str) -> list[tuple[object, ...]]:
    async with database.read() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


def standings(database: Database) -> list[str]:
    return [str(standing) for standing in database.standings]


async def test_an_empty_store_is_made_at_the_newest_revision(store_url: str, new: History) -> None:
    async with await Database.open(store_url, new) as database:
        assert standings(database) == ["kit empty → 0001", "shop empty → 0002"]
        assert await read(database, "SELECT version_num, compatible_from FROM alembic_version") == [
            ("0002", "0001")
        ]
    async with await Database.open(store_url, new) as database:
        assert standings(database) == ["kit 0001", "shop 0002"]


async def test_an_older_store_is_migrated_and_keeps_its_rows(
    store_url: str, old: History, new: History, tmp_path: Path
) -> None:
    await sell(store_url, old)

    async with await Database.open(store_url, new) as database:
        assert standings(database) == ["kit 0001", "shop 0001 → 0002"]
        assert await read(database, "SELECT id, buyer, note FROM orders") == [(1, "ana", "for ana")]

    newest = shop.history(tmp_path / "newest", *THREE)
    async with await Database.open(store_url, newest) as database:
        assert await read(database, "SELECT buyer, note, item FROM orders JOIN lines ON order_id = id") == [
            ("ana", "for ana", "popcorn")
        ]
        with pytest.raises(DBAPIError):
            async with database.transaction() as tx:
                await tx.execute(text("INSERT INTO orders (id) VALUES (2)"))
        async with database.transaction() as tx:
            await tx.execute(text("DELETE FROM orders"))
        assert await read(database, "SELECT * FROM lines") == [], "references are enforced again"


async def test_a_store_made_before_there_were_revisions_is_adopted_with_its_rows(
    store_url: str, new: History
) -> None:
    await sell(store_url, shop.tables())

    async with await Database.open(store_url, new) as database:
        assert standings(database) == ["kit 0001", "shop unversioned → 0002"]
        assert await read(database, "SELECT buyer, note FROM orders") == [("ana", "for ana")]
    async with await Database.open(store_url, new) as database:
        assert standings(database) == ["kit 0001", "shop 0002"]


async def test_a_revision_that_fails_leaves_the_store_as_it_was(
    store_url: str, old: History, tmp_path: Path
) -> None:
    await sell(store_url, old)
    declared = shop.tables(note=True, colour=True)
    broken = shop.history(tmp_path / "broken", *TWO, shop.BREAK, declared=declared)

    with pytest.raises(DBAPIError, match="no_such_column"):
        await Database.open(store_url, broken)

    async with await Database.open(store_url, old) as database:
        assert standings(database) == ["kit 0001", "shop 0001"]
        assert await read(database, "SELECT * FROM orders") == [(1, "ana")]


async def test_tables_that_no_release_made_are_refused_and_left_alone(
    store_url: str, new: History, tmp_path: Path
) -> None:
    declared = shop.tables(note=True, colour=True)
    await sell(store_url, shop.tables())

    with pytest.raises(StoreUnrecognised, match=r"lacks orders\.colour"):
        await Database.open(store_url, History("shop", declared, new.folder))

    async with await Database.open(store_url, kit_tables=False) as database:
        assert await read(database, "SELECT * FROM orders") == [(1, "ana")]


async def test_code_goes_on_working_on_newer_tables_that_only_added(
    store_url: str, old: History, new: History
) -> None:
    async with await Database.open(store_url, new):
        pass

    await sell(store_url, old)
    async with await Database.open(store_url, old, migrate="check") as database:
        assert standings(database) == ["kit 0001", "shop 0002"]


async def test_newer_tables_that_this_code_would_break_on_are_refused(
    store_url: str, new: History, tmp_path: Path
) -> None:
    async with await Database.open(store_url, shop.history(tmp_path / "newest", *THREE)):
        pass

    with pytest.raises(StoreTooNew, match=r"at revision 0003.*Run the newer release"):
        await Database.open(store_url, new)


async def test_when_told_to_check_nothing_is_changed(store_url: str, old: History, new: History) -> None:
    with pytest.raises(MigrationsPending, match="Run `marquee migrate`"):
        await Database.open(store_url, old, migrate="check")
    await sell(store_url, old)

    with pytest.raises(MigrationsPending, match=r"shop 0001 → 0002.*Run `marquee migrate`"):
        await Database.open(store_url, new, migrate="check")

    async with await Database.open(store_url, old, migrate="check") as database:
        assert await read(database, "SELECT * FROM orders") == [(1, "ana")]


async def test_a_store_that_is_not_there_is_not_made_when_told_to_check(tmp_path: Path, old: History) -> None:
    with pytest.raises(MigrationsPending, match="There is no store"):
        await Database.open(f"sqlite:///{tmp_path}/none/shop.sqlite", old, migrate="check")

    assert not (tmp_path / "none").exists()


async def test_a_database_that_is_not_there_is_not_made_when_told_to_check(
    postgres_url: str, old: History
) -> None:
    with pytest.raises(MigrationsPending, match="There is no database"):
        await Database.open(f"{postgres_url}_none", old, migrate="check")


async def test_ten_processes_that_start_together_migrate_once(
    store_url: str, old: History, new: History
) -> None:
    await sell(store_url, old)

    behind = await asyncio.to_thread(shop.open_together, store_url, new.folder, 10)

    assert sorted(behind) == [False] * 9 + [True]
    async with await Database.open(store_url, new) as database:
        assert await read(database, "SELECT buyer, note FROM orders") == [("ana", "for ana")]


async def test_stores_opened_side_by_side_in_one_process_are_each_migrated(
    tmp_path: Path, old: History, new: History
) -> None:
    urls = [f"sqlite:///{tmp_path / name}.sqlite" for name in "abcd"]
    for url in urls:
        await sell(url, old)

    opened = await asyncio.gather(*(Database.open(url, new) for url in urls))

    for database in opened:
        assert await read(database, "SELECT note FROM orders") == [("for ana",)]
        await database.close()


async def test_a_database_that_is_missing_is_made_by_one_of_two(postgres_url: str, new: History) -> None:
    url = f"{postgres_url}_made"
    try:
        opened = await asyncio.gather(*(Database.open(url, new) for _ in range(2)))
        for database in opened:
            assert await read(database, "SELECT * FROM orders") == []
            await database.close()
    finally:
        engine = create_async_engine(postgres_url, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)'))
        await engine.dispose()
