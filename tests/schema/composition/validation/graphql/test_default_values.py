"""Defaults that do not fit, and required values that are deprecated."""

import pytest

from tests.schema.composition.small_graphs import problems_as_written

QUERY = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        (QUERY + "enum E { X Y } type A { f(e: E = Z): Int }", "Invalid default value Z"),
        (QUERY + 'type A { f(x: Int = "1"): Int }', 'Invalid default value "1"'),
        (QUERY + "type A { f(x: Int! @deprecated): Int }", "cannot be deprecated"),
        (QUERY + "input I { x: Int! @deprecated }", "cannot be deprecated"),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, expected: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert expected in found[0].message
