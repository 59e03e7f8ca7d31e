"""What `verify` finds when a store is wrong: each invariant, by name."""

from __future__ import annotations

import pytest
from sqlalchemy import Executable, update

from marquee_subgraphs.analytics.tables import DAILY_SALES, SALES
from tests.subgraphs.analytics.house import House


@pytest.mark.parametrize(
    ("damage", "name"),
    [
        (update(SALES).values(payment_id="pay_1"), "no payment is counted twice"),
        (update(SALES).values(refunded=5000), "what a payment gave back is at most what it took"),
        (update(DAILY_SALES).values(captured=1), "days add up to their sales"),
    ],
)
async def test_damage_is_found_by_name(any_house: House, damage: Executable, name: str) -> None:
    movie = await any_house.film()
    showtime = await any_house.schedule(movie)
    await any_house.capture(showtime, movie, 1000)
    await any_house.capture(showtime, movie, 2000)
    assert await any_house.broken() == []
    async with any_house.database.transaction() as tx:
        await tx.execute(damage)
    assert any(found.startswith(f"FAILS {name}: ") for found in await any_house.broken())
