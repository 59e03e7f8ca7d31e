"""What all planning tests share: one supergraph that is hard to plan on, composed once."""

from __future__ import annotations

import pytest

from marquee_schema.supergraph import Supergraph
from tests.router.planning.examples import dense_supergraph


@pytest.fixture(scope="session")
def supergraph() -> Supergraph:
    """Every object is in every subgraph, with keys of its own there, beside fields that only it has."""
    return dense_supergraph()
