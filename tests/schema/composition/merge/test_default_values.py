import pytest

from tests.schema.composition.small_graphs import composed, hints, only, problems


def test_argument_defaults_must_agree() -> None:
    found = problems(
        a="type Query { f(x: Int = 1): Int @shareable }", b="type Query { f(x: Int = 2): Int @shareable }"
    )
    assert only(found).code == "FIELD_ARGUMENT_DEFAULT_MISMATCH"
    assert 'default value 1 in subgraph "a"' in only(found).message


def test_input_field_defaults_must_agree() -> None:
    found = problems(
        a="type Query { f(i: I): Int @shareable } input I { x: Int = 1 }",
        b="type Query { f(i: I): Int @shareable } input I { x: Int = 2 }",
    )
    assert only(found).code == "INPUT_FIELD_DEFAULT_MISMATCH"


def test_a_default_that_only_some_have_is_dropped() -> None:
    result = composed(
        a="type Query { f(x: Int = 1): Int @shareable }", b="type Query { f(x: Int): Int @shareable }"
    )
    assert "f(x: Int): Int" in result.api_sdl
    assert "INCONSISTENT_DEFAULT_VALUE_PRESENCE" in hints(result)


@pytest.mark.parametrize(
    ("argument", "printed"),
    [
        ("x: E = B", "x: E = B"),
        ("x: [E!] = [A, B]", "x: [E!] = [A, B]"),
        ('x: String = "a \\"quoted\\" é"', 'x: String = "a \\"quoted\\" é"'),
        ("x: Float = 1.5e3", "x: Float = 1500"),
        ("x: I = {e: B, n: null}", "x: I = {e: B, n: null}"),
        ("x: Boolean = false", "x: Boolean = false"),
    ],
)
def test_defaults_are_printed_as_their_types_want_them(argument: str, printed: str) -> None:
    sdl = f"type Query {{ f({argument}): E }} enum E {{ A B }} input I {{ e: E n: Int }}"
    assert f"f({printed}): E" in composed(s=sdl).api_sdl
