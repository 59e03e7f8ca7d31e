from tests.schema.composition.small_graphs import composed, only, problems

A = 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }'


def test_a_field_resolved_by_several_subgraphs_must_be_shareable() -> None:
    problem = only(problems(a=A, b='type A @key(fields: "id") { id: ID! x: Int }'))
    assert problem.code == "INVALID_FIELD_SHARING"
    assert 'subgraphs "a" and "b"' in problem.message
    assert "all of them" in problem.message
    assert [place.subgraph for place in problem.locations] == ["a", "b"]


def test_it_must_be_so_in_each_of_them() -> None:
    problem = only(problems(a=A, b='type A @key(fields: "id") { id: ID! x: Int @shareable }'))
    assert 'non-shareable in subgraph "a"' in problem.message


def test_key_fields_are_shared_without_saying_so() -> None:
    sdl = composed(a=A, b='type A @key(fields: "id") { id: ID! y: Int }').supergraph_sdl
    assert "\n  id: ID!\n" in sdl
    assert "y: Int @join__field(graph: B)" in sdl


def test_a_field_of_an_interface_object_counts_for_every_implementation() -> None:
    owner = 'type Query { i: I } interface I @key(fields: "id") { id: ID! x: Int }'
    owner += ' type A implements I @key(fields: "id") { id: ID! x: Int }'
    problem = only(problems(a=owner, b='type I @interfaceObject @key(fields: "id") { id: ID! x: Int }'))
    assert problem.code == "INVALID_FIELD_SHARING"
    assert "through @interfaceObject" in problem.message


def test_events_have_one_source() -> None:
    found = problems(
        a="type Query { a: Int } type Subscription { s: Int @shareable }",
        b="type Subscription { s: Int @shareable }",
    )
    assert only(found).code == "INVALID_FIELD_SHARING"
    assert "one source" in only(found).message
