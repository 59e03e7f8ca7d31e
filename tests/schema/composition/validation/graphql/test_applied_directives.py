"""Directives where they may not be, too often, or with wrong arguments."""

import pytest

from tests.schema.composition.small_graphs import problems_as_written

QUERY = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        (QUERY + "directive @d on OBJECT type A { x: Int @d }", "may not be used on FIELD_DEFINITION"),
        (QUERY + "directive @d(a: Int!) on OBJECT type A @d { x: Int }", 'needs its argument "a"'),
        (QUERY + 'directive @d(a: Int) on OBJECT type A @d(a: "1") { x: Int }', 'Invalid value "1"'),
        (QUERY + "directive @d(a: Int) on OBJECT type A @d(aa: 1) { x: Int }", 'Did you mean "a"?'),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, expected: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert expected in found[0].message
