"""Documents that are no schema: definitions, extensions and roots that contradict each other."""

import pytest

from tests.schema.composition.small_graphs import problems_as_written

QUERY = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "expected"),
    [
        (QUERY + "query Q { a }", "cannot contain operations"),
        ("type Query { a: Int @shareable }", "Federation 1 schema"),
        (QUERY + "type A { x: Int } type A { y: Int }", 'only one type named "A"'),
        (QUERY + "type A { x: Int } extend enum A { Y }", "both a"),
        (QUERY + 'extend scalar Int @tag(name: "x")', "built-in"),
        (QUERY + "directive @d on FIELD directive @d on FIELD", 'only one directive named "@d"'),
        (QUERY + "schema { query: Nope }", '"Nope" is unknown'),
        (QUERY + "schema { query: E } enum E { X }", "not an object type"),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, expected: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert expected in found[0].message
