from tests.schema.composition.small_graphs import composed, hints, only, problems

INPUT = "type Query {{ {0}(i: I): Int }} input I {{ {1} }}"


def test_input_objects_are_intersected() -> None:
    result = composed(a=INPUT.format("a", "x: Int y: Int"), b=INPUT.format("b", "x: Int"))
    assert "input I {\n  x: Int\n}" in result.api_sdl
    assert 'subgraph "b"' in hints(result)["INCONSISTENT_INPUT_OBJECT_FIELD"]


def test_a_required_field_must_be_everywhere() -> None:
    problem = only(problems(a=INPUT.format("a", "x: Int y: Int!"), b=INPUT.format("b", "x: Int")))
    assert problem.code == "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH"


def test_an_intersection_must_not_be_empty() -> None:
    assert (
        only(problems(a=INPUT.format("a", "x: Int"), b=INPUT.format("b", "y: Int"))).code
        == "EMPTY_MERGED_INPUT_TYPE"
    )


def test_differing_types_are_annotated_and_merge_to_the_narrowest() -> None:
    sdl = composed(a=INPUT.format("a", "x: Int"), b=INPUT.format("b", "x: Int!")).supergraph_sdl
    assert 'x: Int! @join__field(graph: A, type: "Int") @join__field(graph: B, type: "Int!")' in sdl
