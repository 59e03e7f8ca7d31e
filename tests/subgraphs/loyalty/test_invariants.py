"""What `verify` finds when a store is wrong: each invariant, by name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, delete, update

from marquee_subgraphs.loyalty.tables import ACCRUALS, LEDGER, MEMBERSHIPS, VOUCHERS
from tests.subgraphs.loyalty.club import Club

_EARNED = LEDGER.c.kind == "EARNED"


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (update(MEMBERSHIPS).values(points=MEMBERSHIPS.c.points + 1), "points equal the ledger"),
        (update(LEDGER).where(_EARNED).values(points=999), "a payment's points are in the ledger once"),
        (update(ACCRUALS).values(refunded=1000), "points reversed are the refunded share of those earned"),
        (update(MEMBERSHIPS).values(tier="GOLD"), "a tier is the one of its points"),
        (delete(VOUCHERS), "each voucher was paid for in the ledger"),
    ],
)
async def test_damage_is_found_by_name(any_club: Club, damage: Executable, name: str) -> None:
    await any_club.join()
    await any_club.pay(await any_club.schedule(timedelta(hours=1)), 1000)
    await any_club.adjust(100)
    reward: Any = (await any_club.reward(cost=100))["reward"]
    await any_club.redeem(reward["id"])
    assert await any_club.broken() == []
    async with any_club.database.transaction() as tx:
        await tx.execute(damage)
    assert any(found.startswith(f"FAILS {name}: ") for found in await any_club.broken())
