"""Parts of types that name what does not exist, or name it twice."""

import pytest

from tests.schema.composition.small_graphs import problems_as_written

QUERY = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        (QUERY + "type A { x: Nope }", 'Unknown type "Nope"'),
        ("type Query { a: Int @nope }", 'Unknown directive "@nope"'),
        (QUERY + "type A { x: Int x: Int }", "defined twice"),
        (QUERY + "type A { x: Int } extend type A { x: Int }", "defined twice"),
        (QUERY + "type A implements Nope { x: Int }", "which is no interface"),
        (QUERY + "type A implements I & I { x: Int } interface I { x: Int }", "once"),
        (QUERY + "union U = Nope", "which is no object type"),
        (QUERY + "union U = Query | Query", "once"),
        (QUERY + "type A { f(a: Query): Int }", "must be an input type"),
        (QUERY + "input I { x: Int } type A { f: I }", "must be an output type"),
        (QUERY + "directive @d on OBJECT type A @d @d { x: Int }", "only be used once"),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, expected: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert expected in found[0].message


def test_repeated_arguments_and_enum_values_are_taken_as_one() -> None:
    assert not problems_as_written(s="type Query { a(x: Int, x: Int): E } enum E { X X }")
