"""What only SQLite does: groups of commits, one file between processes, a full disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, String, Table, literal, select, text

from marquee_subgraphs.kit.database import (
    AutoIncrement,
    Database,
    DatabaseClosed,
    TransactionLost,
    sqlite_writer,
)

METADATA = MetaData()
SEATS = Table(
    "seats",
    METADATA,
    Column("id", AutoIncrement, primary_key=True, autoincrement=True),
    Column("label", String(10), nullable=False, unique=True),
    Column("note", String),
)
SEAT = SEATS.insert()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with await Database.open(f"sqlite:///{tmp_path}/store.sqlite", METADATA) as opened:
        yield opened


async def labels(database: Database) -> list[str]:
    async with database.read() as connection:
        return await connection.scalars(select(SEATS.c.label).order_by(SEATS.c.label))


async def test_sqlite_refuses_work_after_closing(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path}/closed.sqlite", METADATA)
    await database.close()
    with pytest.raises(DatabaseClosed):
        async with database.transaction():
            pass


async def test_sqlite_waits_for_another_process_without_blocking_the_loop(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.sqlite"
    async with await Database.open(url, METADATA) as one, await Database.open(url, METADATA) as other:
        async with one.transaction() as tx:
            await tx.execute(SEAT.values(label="A1"))

            async def write() -> None:
                async with other.transaction() as second:
                    await second.execute(SEAT.values(label="A2"))

            waiting = asyncio.create_task(write())
            done, _ = await asyncio.wait([waiting], timeout=0.02)
            assert not done
        await waiting
        assert await labels(one) == ["A1", "A2"]


async def test_sqlite_transactions_that_need_no_flush_mix_with_those_that_do(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/mixed.sqlite", METADATA) as database:

        async def seat(number: int) -> None:
            async with database.transaction(durable=number % 3 == 0) as tx:
                await tx.execute(SEAT.values(label=f"A{number}"))
                assert (await tx.execute(text("PRAGMA synchronous"))).scalar() in (1, 2)

        await asyncio.gather(*(seat(number) for number in range(60)))
        assert len(await labels(database)) == 60


async def test_sqlite_keeps_its_promise_when_commits_leave_the_loop(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_writer, "_SLOW_COMMIT_SECONDS", -1.0)

    async def seat(number: int) -> None:
        async with database.transaction() as tx:
            await tx.execute(SEAT.values(label=f"A{number:02}"))
        assert f"A{number:02}" in await labels(database)

    await asyncio.gather(*(seat(number) for number in range(40)))

    assert len(await labels(database)) == 40


async def test_sqlite_on_a_full_disk_keeps_exactly_what_it_answered(database: Database) -> None:
    async with database.transaction() as tx:
        pages = await tx.scalar(text("PRAGMA page_count"))
        await tx.execute(text(f"PRAGMA max_page_count = {pages + 3}"))

    async def seat(number: int) -> None:
        async with database.transaction() as tx:
            await tx.execute(SEAT.values(label=f"A{number}", note="x" * (100 if number % 2 else 9000)))

    outcomes = await asyncio.gather(*(seat(number) for number in range(12)), return_exceptions=True)
    kept = {f"A{number}" for number, outcome in enumerate(outcomes) if outcome is None}

    assert 0 < len(kept) < 12
    assert set(await labels(database)) == kept


async def test_sqlite_answers_a_failed_commit_with_its_loss(database: Database) -> None:
    async def seat_without_owner() -> None:
        async with database.transaction() as tx:
            await tx.execute(
                text("CREATE TABLE owned (seat INTEGER REFERENCES seats (id) DEFERRABLE INITIALLY DEFERRED)")
            )
            await tx.execute(text("INSERT INTO owned VALUES (7)"))
            tx.after_commit(lambda: pytest.fail("nothing was committed"))

    with pytest.raises(TransactionLost):
        await seat_without_owner()
    async with database.transaction() as tx:
        await tx.execute(SEAT.values(label="A1"))

    assert await labels(database) == ["A1"]


async def test_sqlite_interrupts_a_heavy_read_that_nobody_waits_for(database: Database) -> None:
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    endless = numbers.union_all(select(numbers.c.n + 1))
    began = asyncio.Event()

    async def count() -> None:
        async with database.read(heavy=True) as connection:
            began.set()
            await connection.scalar(select(endless.c.n).where(endless.c.n < 0))

    counting = asyncio.create_task(count())
    await began.wait()
    await asyncio.sleep(0)
    counting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await counting

    for _ in range(3):
        assert await labels(database) == []


async def test_sqlite_foreign_keys_hold(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(text("CREATE TABLE owned (seat INTEGER REFERENCES seats (id))"))
        with pytest.raises(Exception, match="FOREIGN KEY"):
            await tx.execute(text("INSERT INTO owned VALUES (7)"))


async def test_a_url_without_a_file_is_refused() -> None:
    with pytest.raises(ValueError, match="names a file"):
        await Database.open("sqlite://")
