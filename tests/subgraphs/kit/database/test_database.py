"""`Database` keeps the same promises on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from sqlalchemy import Column, MetaData, String, Table, UniqueConstraint, func, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from marquee_subgraphs.kit.database import (
    AutoIncrement,
    Database,
    DatabaseClosed,
    ExactDecimal,
    Json,
    MinorUnits,
    NestedTransaction,
    Transaction,
    UtcDateTime,
)

METADATA = MetaData()
SEATS = Table(
    "seats",
    METADATA,
    Column("id", AutoIncrement, primary_key=True, autoincrement=True),
    Column("label", String(10), nullable=False),
    Column("holder", String(40)),
    UniqueConstraint("label"),
)
PRICES = Table(
    "prices",
    METADATA,
    Column("id", String(10), primary_key=True),
    Column("amount", MinorUnits),
    Column("rate", ExactDecimal),
    Column("at", UtcDateTime),
    Column("detail", Json),
)
SEAT = SEATS.insert()


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    async with await Database.open(store_url, METADATA) as opened:
        yield opened


async def labels(database: Database) -> list[str]:
    async with database.read() as connection:
        return await connection.scalars(select(SEATS.c.label).order_by(SEATS.c.label))


async def test_a_transaction_commits_when_its_block_ends(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(SEAT.values(label="A1"))

    assert await labels(database) == ["A1"]


async def test_a_transaction_that_raises_changes_nothing(database: Database) -> None:
    async def fail(tx: Transaction) -> None:
        await tx.execute(SEAT.values(label="A1"))
        raise LookupError

    with pytest.raises(LookupError):
        await database.run(fail)

    assert await labels(database) == []


async def test_a_read_sees_one_snapshot(database: Database) -> None:
    async with database.read() as connection:
        before = await connection.scalar(select(func.count()).select_from(SEATS))
        async with database.transaction() as tx:
            await tx.execute(SEAT.values(label="A1"))
        after = await connection.scalar(select(func.count()).select_from(SEATS))

    assert (before, after) == (0, 0)


async def test_a_read_cannot_write(database: Database) -> None:
    async with database.read() as connection:
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await connection.execute(SEAT.values(label="A1"))


async def test_a_heavy_read_answers_the_same(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(SEAT, [{"label": f"A{number}"} for number in range(50)])

    async with database.read(heavy=True) as connection:
        assert await connection.scalar(select(func.count()).select_from(SEATS)) == 50


async def test_types_come_back_as_they_went_in(database: Database) -> None:
    moment = datetime(2026, 3, 1, 20, 15, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    values = {
        "id": "p",
        "amount": 2**40,
        "rate": Decimal("0.180"),
        "at": moment,
        "detail": {"a": [1, None, "ñ"]},
    }
    async with database.transaction() as tx:
        await tx.execute(PRICES.insert().values(**values))

    async with database.read() as connection:
        row = (await connection.execute(select(PRICES))).one()

    assert row._mapping == values
    assert row.at.tzinfo is UTC
    assert str(row.rate) == "0.180"


async def test_moments_sort_and_compare_in_time_order(database: Database) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    moments = [
        start,
        start + timedelta(microseconds=1),
        start + timedelta(seconds=1),
        start + timedelta(days=400),
    ]
    async with database.transaction() as tx:
        await tx.execute(
            PRICES.insert(), [{"id": str(i), "at": at} for i, at in enumerate(reversed(moments))]
        )

    async with database.read() as connection:
        found = await connection.scalars(select(PRICES.c.at).where(PRICES.c.at > start).order_by(PRICES.c.at))

    assert found == moments[1:]


async def test_a_naive_moment_and_a_float_rate_are_refused(database: Database) -> None:
    async with database.transaction() as tx:
        with pytest.raises(Exception, match="must be aware"):
            await tx.execute(PRICES.insert().values(id="p", at=datetime(2026, 1, 1)))
        with pytest.raises(Exception, match="is a Decimal"):
            await tx.execute(PRICES.insert().values(id="p", rate=0.1))


async def test_callbacks_run_after_the_commit_and_never_after_a_rollback(database: Database) -> None:
    calls: list[str] = []

    async def fail(tx: Transaction) -> None:
        tx.after_commit(lambda: calls.append("never"))
        raise LookupError

    async with database.transaction() as tx:
        tx.after_commit(lambda: calls.append("kept"))
        assert calls == []
    with pytest.raises(LookupError):
        await database.run(fail)

    assert calls == ["kept"]


async def test_a_callback_that_fails_harms_nobody(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    calls: list[str] = []

    def fail() -> None:
        raise LookupError("broken callback")

    async with database.transaction() as tx:
        tx.after_commit(fail)
        tx.after_commit(lambda: calls.append("next"))

    assert calls == ["next"]
    assert "broken callback" in caplog.text


async def test_two_hundred_buyers_race_for_ten_seats_and_each_seat_has_one(database: Database) -> None:
    async with database.transaction() as tx:
        await tx.execute(SEAT, [{"label": f"A{number}"} for number in range(10)])

    async def buy(buyer: int) -> bool:
        async with database.transaction() as tx:
            claimed = await tx.execute(
                update(SEATS)
                .where(SEATS.c.label == f"A{buyer % 10}", SEATS.c.holder.is_(None))
                .values(holder=f"buyer {buyer}")
            )
        return claimed.rowcount == 1

    won = await asyncio.gather(*(buy(buyer) for buyer in range(200)))

    assert sum(won) == 10


async def test_a_member_that_fails_does_not_harm_those_beside_it(database: Database) -> None:
    async def seat(label: str) -> None:
        async with database.transaction() as tx:
            await tx.execute(SEAT.values(label=label))
            await asyncio.sleep(0)

    outcomes = await asyncio.gather(
        *(seat(label) for label in ["A1", "A1", "A2", "A3", "A2", "A4"]), return_exceptions=True
    )

    assert [type(outcome) for outcome in outcomes].count(IntegrityError) == 2
    assert outcomes.count(None) == 4
    assert await labels(database) == ["A1", "A2", "A3", "A4"]


async def test_a_cancelled_writer_leaves_nothing_and_blocks_nobody(database: Database) -> None:
    inside = asyncio.Event()

    async def linger() -> None:
        async with database.transaction() as tx:
            await tx.execute(SEAT.values(label="A1"))
            inside.set()
            await asyncio.Event().wait()

    lingering = asyncio.create_task(linger())
    await inside.wait()
    lingering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lingering
    async with database.transaction() as tx:
        await tx.execute(SEAT.values(label="A2"))

    assert await labels(database) == ["A2"]


async def test_upsert_speaks_the_dialect_at_hand(database: Database) -> None:
    for holder in ("ana", "luis"):
        async with database.transaction() as tx:
            statement = tx.insert(SEATS).values(label="A1", holder=holder)
            await tx.execute(
                statement.on_conflict_do_update(
                    index_elements=["label"], set_={"holder": statement.excluded.holder}
                )
            )

    async with database.read() as connection:
        assert await connection.scalars(select(SEATS.c.holder)) == ["luis"]


async def test_statements_are_counted_while_asked_for(database: Database) -> None:
    async with database.read() as connection:
        await connection.execute(select(SEATS))
        with database.count_statements() as counter:
            await connection.execute(select(SEATS))
            await connection.execute(select(PRICES))
        await connection.execute(select(SEATS))

    assert counter.count == 2
    assert "FROM prices" in counter.statements[1]


async def test_a_transaction_within_a_transaction_is_refused_not_waited_for(database: Database) -> None:
    async with database.transaction():
        with pytest.raises(NestedTransaction):
            await labels_by_writing(database)
    assert await labels_by_writing(database) == []


async def labels_by_writing(database: Database) -> list[str]:
    async with database.transaction() as tx:
        return await tx.scalars(select(SEATS.c.label))


async def test_reads_may_stand_open_side_by_side(database: Database) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(6):
            connection = await stack.enter_async_context(database.read())
            assert await connection.scalar(select(func.count()).select_from(SEATS)) == 0


async def test_a_transaction_is_of_no_use_after_its_block(database: Database) -> None:
    async with database.transaction() as tx:
        pass
    with pytest.raises(DatabaseClosed):
        await tx.execute(select(SEATS))


async def test_data_survive_closing_and_opening_again(store_url: str) -> None:
    for label in ("A1", "A2"):
        async with await Database.open(store_url, METADATA) as database, database.transaction() as tx:
            await tx.execute(SEAT.values(label=label))

    async with await Database.open(store_url, METADATA) as database:
        assert await labels(database) == ["A1", "A2"]


async def test_replicas_may_open_an_empty_store_together(store_url: str) -> None:
    opened = await asyncio.gather(*(Database.open(store_url, METADATA) for _ in range(4)))
    for database in opened:
        await database.close()


async def test_postgresql_makes_the_database_and_runs_a_lost_deadlock_again(postgres_url: str) -> None:
    async with await Database.open(postgres_url, METADATA) as database:
        async with database.transaction() as tx:
            await tx.execute(SEAT, [{"label": "A1"}, {"label": "A2"}])
        barrier = asyncio.Barrier(2)
        runs = 0

        async def cross(first: str, second: str) -> None:
            async def work(tx: Transaction) -> None:
                nonlocal runs
                runs += 1
                await tx.execute(update(SEATS).where(SEATS.c.label == first).values(holder=first))
                if runs <= 2:
                    await barrier.wait()
                await tx.execute(update(SEATS).where(SEATS.c.label == second).values(holder=first))

            await database.run(work)

        await asyncio.gather(cross("A1", "A2"), cross("A2", "A1"))

    assert runs == 3
