"""The operation that an error shows can be sent as it is printed."""

from tests.schema.composition.small_graphs import only, problems


def test_required_arguments_get_sample_values_of_their_types() -> None:
    arguments = "id: ID!, many: [Int!]!, unit: Unit!, by: By!, free: Int"
    found = problems(
        a=(
            f"type Query {{ a({arguments}): A }} type A {{ x: Int }}"
            " enum Unit { KG G } input By { text: String! flag: Boolean number: Float! = 1.5 }"
        ),
        b="type A { y: Int }",
    )
    call = 'a(id: "<any id>", many: [], unit: KG, by: {text: "A string value"}) {'
    assert call in only(found).message


def test_what_needs_a_selection_is_shown_with_dots() -> None:
    found = problems(a="type Query { a: A } type A { x: Int }", b="type A { y: B } type B { z: Int }")
    assert "{\n  a {\n    y {\n      ...\n    }\n  }\n}" in only(found).message
