"""Subgraphs that share a field of abstract type must be able to return the same objects."""

from tests.schema.composition.small_graphs import composed, hints, only, problems


def test_shared_fields_must_be_able_to_return_the_same() -> None:
    found = problems(
        a="type Query { u: U @shareable } union U = A type A { x: Int }",
        b="type Query { u: U @shareable } union U = B type B { y: Int }",
    )
    assert only(found).code == "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"


def test_shared_fields_that_return_more_in_one_subgraph_are_a_hint() -> None:
    result = composed(
        a=(
            "type Query { u: U @shareable } union U = A | B type A @shareable {"
            " x: Int } type B @shareable { x: Int }"
        ),
        b="type Query { u: U @shareable } union U = A type A @shareable { x: Int }",
    )
    assert "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN" in hints(result)
