import pytest

from tests.schema.composition.small_graphs import composed, only, problems


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("a: A @listSize(assumedSize: 3)", "LIST_SIZE_APPLIED_TO_NON_LIST"),
        ("a: [A] @listSize(assumedSize: -3)", "LIST_SIZE_INVALID_ASSUMED_SIZE"),
        ('a: [A] @listSize(slicingArguments: ["first"])', "LIST_SIZE_INVALID_SLICING_ARGUMENT"),
        (
            'a(first: String): [A] @listSize(slicingArguments: ["first"])',
            "LIST_SIZE_INVALID_SLICING_ARGUMENT",
        ),
        ('a: A @listSize(sizedFields: ["nope"])', "LIST_SIZE_INVALID_SIZED_FIELD"),
        ('a: A @listSize(sizedFields: ["x"])', "LIST_SIZE_APPLIED_TO_NON_LIST"),
        ('a: Int @listSize(sizedFields: ["x"])', "LIST_SIZE_INVALID_SIZED_FIELD"),
    ],
)
def test_list_size_describes_a_list(field: str, code: str) -> None:
    found = problems(s="type Query { " + field + " } type A { x: Int items: [Int] }")
    assert only(found).code == code


def test_slicing_and_sized_fields_are_carried_to_the_supergraph() -> None:
    sdl = composed(
        s='type Query { a(first: Int!): A @listSize(slicingArguments: ["first"], sizedFields: ["items"]) }'
        " type A { items: [Int] }"
    ).supergraph_sdl
    assert '@listSize(slicingArguments: ["first"], sizedFields: ["items"])' in sdl
    assert '@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])' in sdl
