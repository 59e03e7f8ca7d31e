"""Every package's tree of errors descends from one root, and each error has a code of its own kind."""

from __future__ import annotations

import importlib
import inspect
import re

import pytest

from marquee_foundation.errors import MarqueeError

TREES = {
    "marquee_router.errors": "RouterError",
    "marquee_router.config.loader": "ConfigError",
    "marquee_router.serving.listener": "PortTaken",
    "marquee_router.serving.serve": "WorkersFailed",
    "marquee_router.serving.subgraph_list": "GraphError",
    "marquee_router.serving.supergraph_source": "SourceUnreadable",
    "marquee_router.planning.errors": "PlanningError",
    "marquee_schema.composition.errors": "CompositionError",
    "marquee_schema.supergraph.errors": "SupergraphError",
    "marquee_subgraphs.kit.refusals": "Refusal",
    "marquee_subgraphs.kit.database.errors": "DatabaseError",
    "marquee_subgraphs.kit.documents.errors": "DocumentError",
    "marquee_subgraphs.kit.events.errors": "EventError",
}


@pytest.mark.parametrize(("module", "root"), TREES.items())
def test_a_tree_descends_from_the_root_and_each_error_has_a_code(module: str, root: str) -> None:
    found = importlib.import_module(module)
    assert issubclass(getattr(found, root), MarqueeError)
    errors = [
        member
        for _, member in inspect.getmembers(found, inspect.isclass)
        if issubclass(member, Exception) and member.__module__ == module
    ]
    for error in errors:
        assert issubclass(error, MarqueeError)
        assert re.fullmatch("[A-Z][A-Z_]+", error.code)


def test_the_root_has_a_code() -> None:
    assert MarqueeError.code == "MARQUEE_ERROR"
