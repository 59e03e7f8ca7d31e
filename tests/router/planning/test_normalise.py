"""Documents without the operation that is asked for."""

from __future__ import annotations

import pytest
from graphql import parse

from marquee_router.planning.errors import NormalisationError
from tests.router.planning.examples import users


def test_unknown_operations_are_refused() -> None:
    with pytest.raises(NormalisationError):
        users().planner.plan(parse("query A { user { id } } query B { user { id } }"))
