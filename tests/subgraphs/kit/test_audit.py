"""The audit log keeps each deed with its reason, together with what it changed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from marquee_subgraphs.kit.audit import AuditLog, Deed
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database, Transaction


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    async with await Database.open(store_url) as opened:
        yield opened


async def test_deeds_come_back_in_order_with_what_they_changed(database: Database) -> None:
    clock = FrozenClock()
    log = AuditLog(clock)
    async with database.transaction() as tx:
        for amount in (100, 200):
            deed = Deed(
                actor_id="usr_1",
                actor_role="manager",
                action="adjustPoints",
                target="usr_2",
                reason="apology",
                before={"points": 0},
                after={"points": amount},
            )
            await log.append(tx, deed)
        await log.append(
            tx, Deed(actor_id=None, actor_role="system", action="expire", target="ord_1", reason="late")
        )

    async with database.read() as connection:
        first, second = await log.entries(connection, target="usr_2")
        everything = await log.entries(connection, after=first.sequence)

    assert (first.after, second.after) == ({"points": 100}, {"points": 200})
    assert (first.at, first.actor_id, first.reason) == (clock.now(), "usr_1", "apology")
    assert [entry.action for entry in everything] == ["adjustPoints", "expire"]


async def test_a_deed_that_rolls_back_leaves_no_entry_and_a_reason_is_needed(database: Database) -> None:
    log = AuditLog()

    async def fail(tx: Transaction) -> None:
        await log.append(tx, Deed(actor_id="u", actor_role="admin", action="a", target="t", reason="why"))
        await log.append(tx, Deed(actor_id="u", actor_role="admin", action="a", target="t", reason="  "))

    with pytest.raises(ValueError, match="needs a reason"):
        await database.run(fail)

    async with database.read() as connection:
        assert await log.entries(connection) == []
