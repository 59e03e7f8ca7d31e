"""Bounds of normalisation."""

from __future__ import annotations

import pytest
from graphql import parse

from marquee_router.planning.errors import TooComplexError
from tests.router.planning.examples import users


def test_deep_nesting_is_refused_with_a_clear_error() -> None:
    operation = "{ user " + "{ friend " * 150 + "{ id }" + " }" * 150 + " }"
    with pytest.raises(TooComplexError, match="levels deep"):
        users().planner.plan(parse(operation))
