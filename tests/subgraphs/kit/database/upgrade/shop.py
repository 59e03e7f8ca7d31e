"""A shop's tables, three revisions of them, and ten processes that open its store together."""

from __future__ import annotations

import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import Column, ForeignKey, MetaData, String, Table

from marquee_subgraphs.kit.database import AutoIncrement, Database, History

BASELINE = """
import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import AutoIncrement

revision = "0001"
down_revision = None
compatible_from = "0001"


def upgrade():
    op.create_table(
        "orders",
        sa.Column("id", AutoIncrement, primary_key=True, autoincrement=True),
        sa.Column("buyer", sa.String(40)),
        if_not_exists=True,
    )
    op.create_table(
        "lines",
        sa.Column("order_id", AutoIncrement, primary_key=True),
        sa.Column("item", sa.String(40), primary_key=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], ondelete="CASCADE"),
        if_not_exists=True,
    )
"""
ADD_NOTE = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
compatible_from = "0001"


def upgrade():
    op.add_column("orders", sa.Column("note", sa.String(40), nullable=True))
    op.execute("UPDATE orders SET note = 'for ' || buyer")
"""
REQUIRE_BUYER = """
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
compatible_from = "0003"


def upgrade():
    op.execute("UPDATE orders SET buyer = '' WHERE buyer IS NULL")
    with op.batch_alter_table("orders", table_kwargs={"sqlite_autoincrement": True}) as orders:
        orders.alter_column("buyer", existing_type=sa.String(40), nullable=False)
"""
BREAK = """
import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
compatible_from = "0003"


def upgrade():
    op.add_column("orders", sa.Column("colour", sa.String(40), nullable=True))
    op.execute("UPDATE orders SET no_such_column = 1")
"""


def tables(*, note: bool = False, buyer_needed: bool = False, colour: bool = False) -> MetaData:
    """The shop's tables as the code of some revision declares them."""
    declared = MetaData()
    more = [Column(name, String(40)) for name, there in (("note", note), ("colour", colour)) if there]
    Table(
        "orders",
        declared,
        Column("id", AutoIncrement, primary_key=True, autoincrement=True),
        Column("buyer", String(40), nullable=not buyer_needed),
        *more,
    )
    Table(
        "lines",
        declared,
        Column("order_id", AutoIncrement, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
        Column("item", String(40), primary_key=True),
    )
    return declared


def history(folder: Path, *revisions: str, declared: MetaData | None = None) -> History:
    """The shop's history of these revisions."""
    folder.mkdir(exist_ok=True, parents=True)
    for number, text in enumerate(revisions, 1):
        (folder / f"{number:04}_step.py").write_text(text, encoding="utf-8")
    shape = tables(note=len(revisions) > 1, buyer_needed=len(revisions) > 2)
    return History("shop", declared or shape, folder)


def open_together(url: str, folder: Path, processes: int) -> list[bool]:
    """Open the store in that many processes at once; answers of each whether it found it behind."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "marquee_subgraphs.kit.database.postgres", "alembic.command"])
    barrier = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, _meet_at, (barrier,)) as pool:
        return list(pool.map(_open, repeat(url, processes), repeat(folder)))


_BARRIER: list[Barrier] = []


def _meet_at(barrier: Barrier) -> None:
    _BARRIER.append(barrier)


def _open(url: str, folder: Path) -> bool:
    async def open_() -> bool:
        async with await Database.open(url, History("shop", tables(note=True), folder)) as database:
            return any(standing.is_pending for standing in database.standings)

    _BARRIER[0].wait(30)
    return asyncio.run(open_())
