"""The graphs that the commands are tested on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.router.cli.commands import OPERATION, PRICES, PRODUCTS, REVIEWS, USERS, write_graph


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A folder with a graph of two subgraphs, and an operation."""
    (tmp_path / "products.graphql").write_text(PRODUCTS)
    (tmp_path / "prices.graphql").write_text(PRICES)
    (tmp_path / "operation.graphql").write_text(OPERATION)
    write_graph(tmp_path, products="http://127.0.0.1:1/graphql", prices="http://127.0.0.1:2/graphql")
    return tmp_path


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A list of two subgraphs."""
    (tmp_path / "users.graphql").write_text(USERS)
    (tmp_path / "reviews.graphql").write_text(REVIEWS)
    listed = {
        name: {"routing_url": f"http://{name}", "schema": {"file": f"{name}.graphql"}}
        for name in ("users", "reviews")
    }
    config = tmp_path / "graph.yaml"
    config.write_text(json.dumps({"subgraphs": listed}))
    return config
