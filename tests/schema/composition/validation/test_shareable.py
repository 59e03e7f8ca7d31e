from tests.schema.composition.small_graphs import only, problems


def test_fields_of_interfaces_cannot_be_shareable() -> None:
    found = problems(s="type Query { i: I } interface I { x: Int @shareable } type A implements I { x: Int }")
    assert only(found).code == "INVALID_SHAREABLE_USAGE"


def test_shareable_is_written_once_per_declaration() -> None:
    found = problems(s="type Query { a: A } type A @shareable @shareable { x: Int }")
    assert only(found).code == "INVALID_SHAREABLE_USAGE"
    assert "duplicate" in only(found).message


def test_a_type_and_its_extension_may_each_be_shareable() -> None:
    assert not problems(
        s="type Query { a: A } type A @shareable { x: Int } extend type A @shareable { y: Int }"
    )


def test_shareable_on_a_definition_says_nothing_of_its_extensions() -> None:
    found = problems(
        a="type Query { a: A } type A @shareable { x: Int } extend type A { y: Int }",
        b="type A @shareable { x: Int y: Int }",
    )
    assert only(found).code == "INVALID_FIELD_SHARING"
    assert '"A.y"' in only(found).message
