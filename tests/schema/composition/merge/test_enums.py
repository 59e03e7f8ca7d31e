from tests.schema.composition.small_graphs import composed, hints, only, problems

OUTPUT = "type Query {{ {0}: E }} enum E {{ {1} }}"
INPUT = "type Query {{ {0}(e: E): Int }} enum E {{ {1} }}"


def test_output_enums_are_united() -> None:
    result = composed(a=OUTPUT.format("a", "X Y"), b=OUTPUT.format("b", "Y Z"))
    assert "enum E {\n  X\n  Y\n  Z\n}" in result.api_sdl
    assert "INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM" in hints(result)
    assert "Y @join__enumValue(graph: A) @join__enumValue(graph: B)" in result.supergraph_sdl


def test_input_enums_are_intersected() -> None:
    result = composed(a=INPUT.format("a", "X Y"), b=INPUT.format("b", "Y Z"))
    assert "enum E {\n  Y\n}" in result.api_sdl
    assert "INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM" in hints(result)


def test_an_intersection_must_not_be_empty() -> None:
    assert only(problems(a=INPUT.format("a", "X"), b=INPUT.format("b", "Y"))).code == "EMPTY_MERGED_ENUM_TYPE"


def test_enums_used_both_ways_must_be_equal() -> None:
    problem = only(problems(a=OUTPUT.format("a", "X Y"), b=INPUT.format("b", "X")))
    assert problem.code == "ENUM_VALUE_MISMATCH"
    assert '"Query.b(e:)"' in problem.message
    assert '"Query.a"' in problem.message


def test_an_inaccessible_value_may_be_missing_elsewhere() -> None:
    assert not problems(a=OUTPUT.format("a", "X Y @inaccessible"), b=INPUT.format("b", "X"))


def test_an_unused_enum_is_kept() -> None:
    result = composed(a="type Query { a: Int } enum E { X }")
    assert "enum E" in result.api_sdl
    assert "UNUSED_ENUM_TYPE" in hints(result)
