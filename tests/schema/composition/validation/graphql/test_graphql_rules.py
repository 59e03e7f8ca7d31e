"""Every rule of GraphQL itself: one broken schema each."""

import pytest

from tests.schema.composition.composing import problems_as_written

QUERY = "type Query { a: Int }\n"


@pytest.mark.parametrize(
    ("sdl", "telling"),
    [
        ("type Query {", "Syntax Error"),
        (QUERY + "query Q { a }", "cannot contain operations"),
        (QUERY + "type A { x: Nope }", 'Unknown type "Nope"'),
        ("type Query { a: Int @nope }", 'Unknown directive "@nope"'),
        ("type Query { a: Int @shareable }", "Federation 1 schema"),
        (QUERY + "type A { x: Int } type A { y: Int }", 'only one type named "A"'),
        (QUERY + "type A { x: Int x: Int }", "defined twice"),
        (QUERY + "type A { x: Int } extend type A { x: Int }", "defined twice"),
        (QUERY + "type A { x: Int } extend enum A { Y }", "both a"),
        (QUERY + 'extend scalar Int @tag(name: "x")', "built-in"),
        (QUERY + "directive @d on FIELD directive @d on FIELD", 'only one directive named "@d"'),
        (QUERY + "schema { query: Nope }", '"Nope" is unknown'),
        (QUERY + "schema { query: E } enum E { X }", "not an object type"),
        (QUERY + "type A", "at least one field"),
        (QUERY + "enum E", "at least one value"),
        (QUERY + "union U", "at least one member"),
        (QUERY + "input I", "at least one field"),
        (QUERY + "type A { __x: Int }", "reserved by GraphQL introspection"),
        (QUERY + "enum E { X Y } type A { f(e: E = Z): Int }", "Invalid default value Z"),
        (QUERY + 'type A { f(x: Int = "1"): Int }', 'Invalid default value "1"'),
        (QUERY + "type A { f(x: Int! @deprecated): Int }", "cannot be deprecated"),
        (QUERY + "input I { x: Int! @deprecated }", "cannot be deprecated"),
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
        (QUERY + "type A implements Nope { x: Int }", "which is no interface"),
        (QUERY + "type A implements I & I { x: Int } interface I { x: Int }", "once"),
        (QUERY + "union U = Nope", "which is no object type"),
        (QUERY + "union U = Query | Query", "once"),
        (QUERY + "input I { i: I! }", "needs itself"),
        (QUERY + "input I { j: J! } input J { i: I! }", '"j.i"'),
        (QUERY + "type A { f(a: Query): Int }", "must be an input type"),
        (QUERY + "input I { x: Int } type A { f: I }", "must be an output type"),
        (QUERY + "directive @d on OBJECT type A { x: Int @d }", "may not be used on FIELD_DEFINITION"),
        (QUERY + "directive @d on OBJECT type A @d @d { x: Int }", "only be used once"),
        (QUERY + "directive @d(a: Int!) on OBJECT type A @d { x: Int }", 'needs its argument "a"'),
        (QUERY + 'directive @d(a: Int) on OBJECT type A @d(a: "1") { x: Int }', 'Invalid value "1"'),
        (QUERY + "directive @d(a: Int) on OBJECT type A @d(aa: 1) { x: Int }", 'Did you mean "a"?'),
    ],
)
def test_a_schema_that_is_no_graphql_is_refused(sdl: str, telling: str) -> None:
    found = problems_as_written(s=sdl)
    assert {problem.code for problem in found} == {"INVALID_GRAPHQL"}
    assert telling in found[0].message


def test_what_merging_breaks_is_reported_too() -> None:
    found = problems_as_written(
        a="type Query { a: A } type A implements I { x: I2 } interface I { x: I2 } interface I2 { y: Int }"
        " type C implements I2 { y: Int }",
        b="type Query { b: Int } type A { x: C } type C { y: Int }",
    )
    assert not found
    found = problems_as_written(
        a="type Query { a: A } type A implements I { x: Int! } interface I { x: Int! }",
        b="type Query { b: A } type A { x: Int }",
    )
    assert [problem.code for problem in found] == ["INVALID_GRAPHQL"]
    assert found[0].message.startswith("After merging:")


def test_repeated_arguments_and_enum_values_are_taken_as_one() -> None:
    assert not problems_as_written(s="type Query { a(x: Int, x: Int): E } enum E { X X }")
