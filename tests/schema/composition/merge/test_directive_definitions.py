import pytest

from tests.schema.composition.small_graphs import composed, hints


def test_an_executable_directive_that_all_know_is_for_clients() -> None:
    result = composed(
        a="type Query { a: Int } directive @d(x: Int, y: Int) repeatable on FIELD | QUERY",
        b="type Query { b: Int } directive @d(x: Int) on FIELD | MUTATION",
    )
    assert "directive @d(x: Int) on FIELD" in result.api_sdl
    assert {
        "INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE",
        "INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS",
        "INCONSISTENT_ARGUMENT_PRESENCE",
    } == set(hints(result))


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ("", "INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE"),
        ("directive @d on QUERY", "NO_EXECUTABLE_DIRECTIVE_INTERSECTION"),
    ],
)
def test_one_that_some_do_not_know_is_left_out(other: str, code: str) -> None:
    result = composed(a="type Query { a: Int } directive @d on FIELD", b="type Query { b: Int } " + other)
    assert "@d" not in result.supergraph_sdl
    assert code in hints(result)


def test_type_system_directives_stay_in_their_subgraph() -> None:
    sdl = composed(a="type Query { a: Int @d } directive @d on FIELD_DEFINITION").supergraph_sdl
    assert "@d" not in sdl
