"""Each cell of the table, at the router and at the subgraph behind it."""

from __future__ import annotations

import pytest

from tests.marquee.authorization.asking import ask
from tests.marquee.authorization.operations import ENTITIES
from tests.marquee.authorization.table import Row, read_table
from tests.marquee.authorization.world import World

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROWS = read_table()


def _refused_first(row: Row) -> list[str]:
    """The roles, refused ones first: an allowed call may use up the object."""
    return sorted(row.cells, key=row.allows)


@pytest.mark.parametrize("name", [name for name in ROWS if name not in ENTITIES])
async def test_at_the_router(world: World, name: str) -> None:
    row = ROWS[name]
    seen = {who: await ask(world, row, who, direct=False) for who in _refused_first(row)}
    assert not {who: came for who, came in seen.items() if came not in row.at_router(who)}, row


@pytest.mark.parametrize("name", ROWS)
async def test_at_the_subgraph_with_the_routers_identity(world: World, name: str) -> None:
    row = ROWS[name]
    seen = {who: await ask(world, row, who, direct=True) for who in _refused_first(row)}
    assert not {who: came for who, came in seen.items() if came not in row.at_subgraph(who)}, row
