import pytest

from tests.schema.composition.small_graphs import composed, only, problems


@pytest.mark.parametrize(
    ("sdl", "code"),
    [
        ("type Query { a: A } type A @inaccessible { x: Int }", "REFERENCED_INACCESSIBLE"),
        ("type Query { a(i: I): Int } input I @inaccessible { x: Int }", "REFERENCED_INACCESSIBLE"),
        ("type Query @inaccessible { a: Int }", "QUERY_ROOT_TYPE_INACCESSIBLE"),
        ("type Query { a: A } type A { x: Int @inaccessible }", "ONLY_INACCESSIBLE_CHILDREN"),
        ("type Query { a: E } enum E { X @inaccessible }", "ONLY_INACCESSIBLE_CHILDREN"),
        (
            "type Query { u: U b: Int } union U = A type A @inaccessible { x: Int }",
            "ONLY_INACCESSIBLE_CHILDREN",
        ),
        (
            "type Query { i: I } interface I { x: Int } type A implements I { x: Int @inaccessible y: Int }",
            "IMPLEMENTED_BY_INACCESSIBLE",
        ),
        (
            "type Query { i: I } interface I { x(a: Int): Int } type A implements I { x(a: Int"
            " @inaccessible): Int }",
            "IMPLEMENTED_BY_INACCESSIBLE",
        ),
        ("type Query { a(x: Int! @inaccessible): Int }", "REQUIRED_INACCESSIBLE"),
        ("type Query { a(i: I): Int } input I { x: Int y: Int! @inaccessible }", "REQUIRED_INACCESSIBLE"),
        ("type Query { a(e: E = X): Int } enum E { X @inaccessible Y }", "DEFAULT_VALUE_USES_INACCESSIBLE"),
        (
            "type Query { a(i: I = {x: 1}): Int } input I { x: Int @inaccessible y: Int }",
            "DEFAULT_VALUE_USES_INACCESSIBLE",
        ),
    ],
)
def test_what_is_left_must_be_a_schema(sdl: str, code: str) -> None:
    problem = only(problems(s=sdl))
    assert problem.code == code
    assert problem.locations


def test_hidden_elements_are_in_the_supergraph_only() -> None:
    result = composed(
        s="type Query { a(x: Int @inaccessible): E h: H @inaccessible } type H @inaccessible { x: Int }"
        " enum E { X Y @inaccessible }"
    )
    assert "h: H @inaccessible" in result.supergraph_sdl
    assert result.api_sdl == "enum E {\n  X\n}\n\ntype Query {\n  a: E\n}\n"
