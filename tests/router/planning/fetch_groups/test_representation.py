"""Representations: what is sent for an entity, and when nothing is."""

from __future__ import annotations

from tests.router.planning.examples import shop
from tests.router.planning.interpreter import Interpreter


def test_an_object_with_a_null_key_is_not_sent_and_is_no_error() -> None:
    graph = shop()
    graph.world.root["many"][1]["region"] = None
    answer = graph.answer("{ many { upc } }")
    assert [item["upc"] for item in answer["many"]] == ["p2", "p3"]
    plan = graph.plan("{ many { name } }")
    interpreter = Interpreter(graph.supergraph.api_schema, graph.world.subgraphs)
    assert interpreter.run(plan, {}) == {"many": [{"name": "name-2"}, {"name": None}]}
    assert interpreter.errors == []
