"""Types that do not keep what their interfaces promise."""

import pytest

from tests.schema.composition.small_graphs import problems_as_written

QUERY = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        (QUERY + "type A implements I { x: Int } interface I { y: Int }", "does not provide it"),
        (QUERY + "type A implements I { x: Int } interface I { x: Int! }", "is no subtype"),
        (QUERY + "type A implements I { x: Int } interface I { x(a: Int): Int }", "does not provide it"),
        (QUERY + "type A implements I { x(a: Int): Int } interface I { x(a: ID): Int }", 'has type "ID"'),
        (QUERY + "type A implements I { x(a: Int!): Int } interface I { x: Int }", "is required"),
        (
            QUERY
            + "interface J implements I { x: Int } interface I { x: Int } type A implements J { x: Int }",
            "must",
        ),
        (QUERY + "interface I implements I { x: Int }", "cannot implement itself"),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, expected: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert expected in found[0].message
