"""Our composer and the reference from npm agree on generated sets of subgraphs, spoilt at random."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import npm
from tests.schema.composition.reference.comparison import SOURCES, Comparison, disagreements, shrunk
from tests.schema.composition.reference.oracle import Oracle

SEEDS = range(300)
"""More by hand: see `comparison`."""


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    if not npm.is_available():
        pytest.skip(npm.MISSING)
    opened = Oracle(npm.installed(SOURCES))
    yield opened
    opened.close()


def test_verdict_codes_api_and_join_data_are_the_references(oracle: Oracle) -> None:
    found = Comparison()
    for disagreement in disagreements(oracle, SEEDS, found):
        pytest.fail(str(shrunk(oracle, disagreement)))
    assert found.valid > 100, "enough sets that compose"
    assert found.invalid > 100, "enough sets that do not"
    assert len(found.codes_seen) > 15, "for many different reasons"
    assert found.crashed < 10
