from tests.schema.composition.small_graphs import only, problems

INTERFACE = 'type Query { i: I } interface I @key(fields: "id x") { id: ID! x: Int }'


def test_an_interface_key_must_be_on_every_implementation() -> None:
    found = problems(s=INTERFACE + ' type A implements I @key(fields: "id") { id: ID! x: Int }')
    assert only(found).code == "INTERFACE_KEY_NOT_ON_IMPLEMENTATION"
    assert 'type "A"' in only(found).message


def test_the_order_of_fields_does_not_matter() -> None:
    assert not problems(s=INTERFACE + ' type A implements I @key(fields: "x id") { id: ID! x: Int }')


def test_a_resolvable_interface_key_must_be_resolvable_on_implementations() -> None:
    sdl = ' type A implements I @key(fields: "id x", resolvable: false) { id: ID! x: Int }'
    assert "should be resolvable" in only(problems(s=INTERFACE + sdl)).message
