from tests.schema.composition.small_graphs import only, problems


def test_an_external_field_must_be_used() -> None:
    found = problems(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }',
        b='type A @key(fields: "id") { id: ID! x: Int @external }',
    )
    assert only(found).code == "EXTERNAL_UNUSED"
    assert '"A.x"' in only(found).message


def test_satisfying_an_interface_is_a_use() -> None:
    assert not problems(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }',
        b='type A implements I @key(fields: "id") { id: ID! x: Int @external } interface I { x: Int }',
    )


def test_fields_of_interfaces_are_never_external() -> None:
    found = problems(a="type Query { i: I } interface I { x: Int @external } type A implements I { x: Int }")
    assert {problem.code for problem in found} == {"EXTERNAL_ON_INTERFACE", "EXTERNAL_UNUSED"}


def test_external_on_a_type_marks_all_its_fields() -> None:
    found = problems(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }',
        b="type A @external { x: Int y: Int }",
    )
    assert [problem.code for problem in found] == ["EXTERNAL_UNUSED", "EXTERNAL_UNUSED"]
