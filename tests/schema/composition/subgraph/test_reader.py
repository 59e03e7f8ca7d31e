"""SDL that cannot be read."""

import pytest

from tests.schema.composition.small_graphs import problems_as_written


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        ("type Query {", "Syntax Error"),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, expected: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert expected in found[0].message
