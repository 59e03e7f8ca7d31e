"""A few hundred random operations on random graphs; thousands by hand: see `__main__`."""

from __future__ import annotations

import pytest

from tests.router.planning.generated.run import Count, findings


async def test_random_operations_on_random_graphs_are_answered_as_by_one_server() -> None:
    count = Count()
    async for finding in findings(20, 300, count, per_graph=25):
        pytest.fail(str(finding))
    assert count.graphs >= 12, "enough different graphs"
