import pytest

from tests.schema.composition.small_graphs import composed, composed_as_written, only, problems_as_written


@pytest.mark.parametrize(
    ("operation", "default"),
    [("query", "Query"), ("mutation", "Mutation"), ("subscription", "Subscription")],
)
def test_the_default_name_of_a_root_type_is_not_for_others(operation: str, default: str) -> None:
    query = "query: Query" if operation != "query" else ""
    sdl = f"schema {{ {query} {operation}: Root }} type Root {{ a: Int }} type {default} {{ b: Int }}"
    sdl += "" if operation == "query" else " type Query { c: Int }"
    assert only(problems_as_written(s=sdl)).code == f"ROOT_{operation.upper()}_USED"


def test_root_types_get_their_default_names() -> None:
    sdl = composed_as_written(
        s="schema { query: Q } type Q { self: Q! all: [U] } union U = Q",
        t="type Query { b: Int }",
    ).api_sdl
    assert "self: Query!" in sdl
    assert "union U = Query" in sdl
    assert "type Q " not in sdl


def test_every_subgraph_has_a_query_root() -> None:
    sdl = composed(a="type Query { a: Int }", b="type B { x: Int }").supergraph_sdl
    assert "type Query\n  @join__type(graph: A)\n  @join__type(graph: B)\n" in sdl
    assert "a: Int @join__field(graph: A)" in sdl
