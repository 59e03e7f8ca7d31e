from tests.schema.composition.small_graphs import only, problems


def test_an_interface_object_needs_a_key() -> None:
    found = problems(
        a='type Query { i: I } interface I @key(fields: "id") { id: ID! }'
        ' type A implements I @key(fields: "id") { id: ID! }',
        b="type I @interfaceObject { id: ID! x: Int }",
    )
    assert only(found).code == "INTERFACE_OBJECT_USAGE_ERROR"
    assert "no @key" in only(found).message
