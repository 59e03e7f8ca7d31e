from tests.schema.composition.small_graphs import composed, hints, only, problems


def test_an_optional_argument_that_one_subgraph_lacks_is_left_out() -> None:
    result = composed(
        a="type Query { f(x: Int, y: Int): Int @shareable }", b="type Query { f(x: Int): Int @shareable }"
    )
    assert "f(x: Int): Int" in result.api_sdl
    assert 'subgraph "b"' in hints(result)["INCONSISTENT_ARGUMENT_PRESENCE"]


def test_a_required_argument_must_be_everywhere() -> None:
    found = problems(a="type Query { f(x: Int!): Int @shareable }", b="type Query { f: Int @shareable }")
    assert only(found).code == "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH"
    assert 'required in subgraph "a" but does not appear in subgraph "b"' in only(found).message


def test_a_default_makes_it_optional() -> None:
    assert not problems(
        a="type Query { f(x: Int! = 3): Int @shareable }", b="type Query { f: Int @shareable }"
    )
