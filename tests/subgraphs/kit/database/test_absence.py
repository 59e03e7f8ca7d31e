"""A store that is away says so, as what passes by itself, and is used again once it is back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Column, MetaData, String, Table, select, text
from sqlalchemy.engine import make_url

from marquee_subgraphs.kit.database import Database, DatabaseAway, Transaction
from marquee_subgraphs.kit.faults import TemporarilyUnavailable
from tests.faults.proxy import Proxy

METADATA = MetaData()
SEATS = Table("seats", METADATA, Column("label", String(10), primary_key=True), Column("note", String))
SEAT = SEATS.insert()


async def labels(database: Database) -> list[str]:
    async with database.read() as connection:
        return await connection.scalars(select(SEATS.c.label).order_by(SEATS.c.label))


async def test_postgresql_that_is_away_is_told_apart_from_bugs_and_comes_back(postgres_url: str) -> None:
    url = make_url(postgres_url)
    async with Proxy.before(str(url.host), url.port or 5432) as proxy:
        near = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        async with await Database.open(near, METADATA) as database:

            async def cut_before_the_end(tx: Transaction) -> None:
                await tx.execute(SEAT.values(label="A1"))
                await proxy.refuse()
                await tx.execute(SEAT.values(label="A2"))

            with pytest.raises(DatabaseAway):
                await database.run(cut_before_the_end)
            with pytest.raises(DatabaseAway):
                await labels(database)
            with pytest.raises(DatabaseAway):
                async with database.transaction() as tx:
                    await tx.execute(SEAT.values(label="A3"))

            await proxy.accept()
            assert await labels(database) == []
            async with database.transaction() as tx:
                await tx.execute(SEAT.values(label="A4"))
            assert await labels(database) == ["A4"]


async def test_a_commit_whose_answer_is_cut_off_is_an_absence_too(postgres_url: str) -> None:
    url = make_url(postgres_url)
    async with Proxy.before(str(url.host), url.port or 5432) as proxy:
        near = url.set(host="127.0.0.1", port=proxy.port).render_as_string(hide_password=False)
        async with await Database.open(near, METADATA) as database:

            async def seat_in_vain(tx: Transaction) -> None:
                await tx.execute(SEAT.values(label="A1"))
                proxy.stall()
                asyncio.get_running_loop().call_later(0.05, asyncio.ensure_future, proxy.cut())

            with pytest.raises(DatabaseAway):
                await database.run(seat_in_vain)
            proxy.flow()
            assert await labels(database) in ([], ["A1"])


async def test_a_bug_is_no_absence(store_url: str) -> None:
    async with await Database.open(store_url, METADATA) as database:
        with pytest.raises(Exception, match="nowhere") as failure:
            async with database.read() as connection:
                await connection.execute(text("SELECT * FROM nowhere"))

    assert not isinstance(failure.value, TemporarilyUnavailable)


async def test_a_full_disk_is_told_as_passing_by_and_room_is_used_again(tmp_path: Path) -> None:
    async with await Database.open(f"sqlite:///{tmp_path}/seats.sqlite", METADATA) as database:
        async with database.transaction() as tx:
            pages = await tx.scalar(text("PRAGMA page_count"))
            await tx.execute(text(f"PRAGMA max_page_count = {pages + 2}"))

        async def seat(number: int) -> None:
            async with database.transaction() as tx:
                await tx.execute(SEAT.values(label=f"A{number}", note="x" * 9000))

        outcomes = await asyncio.gather(*(seat(number) for number in range(6)), return_exceptions=True)
        refused = [outcome for outcome in outcomes if outcome is not None]
        assert refused
        assert all(isinstance(outcome, TemporarilyUnavailable) for outcome in refused), refused

        async with database.transaction() as tx:
            await tx.execute(text("PRAGMA max_page_count = 1000"))
        await seat(7)
        assert "A7" in await labels(database)
