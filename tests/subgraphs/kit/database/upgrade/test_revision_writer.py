"""`write_revision` writes what the tables declare and the revisions do not make."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Boolean, Column, Index, MetaData, String, Table

from marquee_subgraphs.kit.database import AutoIncrement, Database, History, Json, UtcDateTime
from marquee_subgraphs.kit.database.upgrade.revision_writer import NothingChanged, write_revision
from tests.subgraphs.kit.database.upgrade import shop


def with_gifts(declared: MetaData) -> MetaData:
    """A table that uses what the kit adds to SQLAlchemy's types, and a partial index."""
    gifts = Table(
        "gifts",
        declared,
        Column("sequence", AutoIncrement, primary_key=True, autoincrement=True),
        Column("open", Boolean, nullable=False),
        Column("until", UtcDateTime),
        Column("detail", Json, nullable=False),
        sqlite_autoincrement=True,
    )
    Index(
        "gifts_open",
        gifts.c.until,
        sqlite_where=gifts.c.open.is_(True),
        postgresql_where=gifts.c.open.is_(True),
    )
    return declared


async def test_what_it_writes_makes_the_tables_and_leaves_nothing_to_write(
    store_url: str, tmp_path: Path
) -> None:
    old = shop.history(tmp_path / "shop", shop.BASELINE)
    async with await Database.open(store_url, old):
        pass
    new = History("shop", with_gifts(shop.tables(note=True)), old.folder)

    path = write_revision(new, "Add gifts, and notes.")

    assert path == old.folder / "0002_add_gifts_and_notes.py"
    source = path.read_text(encoding="utf-8")
    assert 'down_revision = "0001"\ncompatible_from = "0001"' in source
    assert "from marquee_subgraphs.kit.database import AutoIncrement, Json, UtcDateTime" in source
    assert "open IS 1" in source
    assert "open IS true" in source
    with pytest.raises(NothingChanged):
        write_revision(new, "Again")
    async with await Database.open(store_url, new) as database, database.read() as connection:
        assert str(database.standings[1]) == "shop 0001 → 0002"
        assert (await connection.execute(new.tables.tables["gifts"].select())).all() == []


@pytest.mark.parametrize(
    "declared",
    [shop.tables(note=True, buyer_needed=True), shop.tables()],
    ids=["demanded", "dropped"],
)
def test_what_older_code_cannot_bear_is_for_this_code_only(tmp_path: Path, declared: MetaData) -> None:
    history = shop.history(tmp_path / "shop", shop.BASELINE, shop.ADD_NOTE, declared=declared)

    path = write_revision(history, "Contract")

    assert 'compatible_from = "0003"' in path.read_text(encoding="utf-8")


def test_a_first_revision_makes_everything(tmp_path: Path) -> None:
    declared = MetaData()
    Table("things", declared, Column("id", String(10), primary_key=True))

    path = write_revision(History("things", declared, tmp_path), "baseline")

    assert path.name == "0001_baseline.py"
    assert "down_revision = None" in path.read_text(encoding="utf-8")
