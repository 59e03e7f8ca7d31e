"""Input objects that need themselves."""

import pytest

from tests.schema.composition.small_graphs import problems_as_written

QUERY = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        (QUERY + "input I { i: I! }", "needs itself"),
        (QUERY + "input I { j: J! } input J { i: I! }", '"j.i"'),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, expected: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert expected in found[0].message
