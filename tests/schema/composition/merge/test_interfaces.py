from tests.schema.composition.small_graphs import composed, only, problems

OWNER = (
    'type Query { i: I } interface I @key(fields: "id") { id: ID! }'
    ' type A implements I @key(fields: "id") { id: ID! } type B implements I @key(fields: "id") { id: ID! }'
)
STANDING = 'type I @interfaceObject @key(fields: "id") { id: ID! x: Int }'


def test_who_resolves_an_interface_by_key_knows_all_its_types() -> None:
    found = problems(
        a=OWNER,
        b='interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! }',
    )
    assert only(found).code == "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE"
    assert 'should define type "B"' in only(found).message


def test_a_subgraph_stands_for_an_interface_or_knows_its_types() -> None:
    found = problems(a=OWNER, b=STANDING + ' type A @key(fields: "id") { id: ID! }')
    assert only(found).code == "INTERFACE_OBJECT_USAGE_ERROR"
    assert 'it defines type "A"' in only(found).message


def test_somebody_must_define_the_interface() -> None:
    found = problems(a='type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID! }')
    assert only(found).code == "INTERFACE_OBJECT_USAGE_ERROR"


def test_implementations_get_the_fields_of_interface_objects() -> None:
    result = composed(a=OWNER, b=STANDING)
    assert '@join__type(graph: B, key: "id", isInterfaceObject: true)' in result.supergraph_sdl
    assert "  x: Int @join__field\n" in result.supergraph_sdl
    assert result.api_sdl.count("  x: Int\n") == 3


def test_an_implementation_that_lacks_a_field_after_merging_is_reported() -> None:
    found = problems(
        a="type Query { i: I } interface I { x: Int } type A implements I { x: Int }",
        b="type Query { j: I } interface I { x: Int y: Int } type B implements I { x: Int y: Int }",
    )
    assert only(found).code == "INTERFACE_FIELD_NO_IMPLEM"
    assert 'type "A"' in only(found).message
