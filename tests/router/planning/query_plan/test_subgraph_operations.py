"""The operations that subgraphs are sent."""

from __future__ import annotations

from tests.router.planning.examples import shop
from tests.router.planning.graphs import fetches


def test_only_used_variables_are_declared() -> None:
    graph = shop()
    plan = graph.plan(
        "query($a: Boolean!, $b: Boolean = true) { one { name @skip(if: $a) upc region @skip(if: $b) } }"
    )
    first, second = fetches(plan.node)
    assert (first.variables, second.variables) == (("a", "b"), ())
    assert "$b:Boolean = true" in first.operation
