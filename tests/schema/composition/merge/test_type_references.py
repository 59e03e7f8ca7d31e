import pytest

from tests.schema.composition.small_graphs import composed, hints, only, problems


def sharing(one: str, other: str, rest: str = "") -> tuple[str, str]:
    """Two subgraphs that share `A.x`, with these types."""
    subgraph = f"type Query {{ a: A @shareable }} {rest} type A @shareable "
    return subgraph + f"{{ x: {one} }}", subgraph + f"{{ x: {other} }}"


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        ("Int!", "Int", "Int"),
        ("[Int!]!", "[Int]", "[Int]"),
        ("B", "I", "I"),
        ("[B!]", "[I]", "[I]"),
        ("B", "U", "U"),
    ],
)
def test_outputs_merge_to_the_widest_type(one: str, other: str, merged: str) -> None:
    rest = "interface I { y: Int } type B implements I @shareable { y: Int } union U = B"
    a, b = sharing(one, other, rest)
    result = composed(a=a, b=b)
    assert f"x: {merged} @join__field(graph: A, type: " in result.supergraph_sdl
    assert f"x: {merged}\n" in result.api_sdl
    assert "INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE" in hints(result)


@pytest.mark.parametrize(("one", "other"), [("Int", "String"), ("[Int]", "Int"), ("[Int!]", "Int!")])
def test_unrelated_outputs_do_not_merge(one: str, other: str) -> None:
    a, b = sharing(one, other)
    problem = only(problems(a=a, b=b))
    assert problem.code == "FIELD_TYPE_MISMATCH"
    assert f'"{one}" in subgraph "a", but "{other}" in subgraph "b"' in problem.message


def test_arguments_merge_to_the_narrowest_type() -> None:
    result = composed(
        a="type Query { f(x: Int): Int @shareable }", b="type Query { f(x: Int!): Int @shareable }"
    )
    assert "f(x: Int!): Int" in result.api_sdl
    assert "INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE" in hints(result)


def test_unrelated_arguments_do_not_merge() -> None:
    found = problems(
        a="type Query { f(x: Int): Int @shareable }", b="type Query { f(x: ID): Int @shareable }"
    )
    assert only(found).code == "FIELD_ARGUMENT_TYPE_MISMATCH"
