from tests.schema.composition.small_graphs import (
    composed_as_written,
    link,
    only,
    problems_as_written,
)

OWNER = 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int } type V { y: Int }'


def test_extensions_of_federation_1_compose_as_definitions() -> None:
    sdl = composed_as_written(
        a=OWNER,
        b='extend type A @key(fields: "id") { id: ID! @external z: Int } extend type Query { b: A }',
        c='type A @extends @key(fields: "id") { id: ID! @external w: Int }',
    ).supergraph_sdl
    assert '@join__type(graph: B, key: "id")' in sdl
    assert "\n  id: ID!\n" in sdl
    assert "z: Int @join__field(graph: B)" in sdl


def test_value_types_and_roots_were_always_shared() -> None:
    sdl = composed_as_written(
        a=OWNER, b="type Query { a: A v: V } type A { x: Int } type V { y: Int }"
    ).supergraph_sdl
    assert "type V\n  @join__type(graph: A)\n  @join__type(graph: B)\n{\n  y: Int\n}" in sdl


def test_federation_2_subgraphs_still_have_to_say_so() -> None:
    found = problems_as_written(a=OWNER, b=link() + "type V { y: Int }")
    assert only(found).code == "INVALID_FIELD_SHARING"


def test_external_fields_that_nothing_uses_are_dropped() -> None:
    sdl = composed_as_written(
        a=OWNER, b='extend type A @key(fields: "id") { id: ID! @external x: Int @external z: Int }'
    ).supergraph_sdl
    assert "x: Int @join__field(graph: A)\n" in sdl


def test_a_used_type_must_have_something_else() -> None:
    found = problems_as_written(
        a=OWNER, b="extend type Query { b: V2 } type V2 { y: Int @external }", c="type V2 { y: Int }"
    )
    assert "TYPE_WITH_ONLY_UNUSED_EXTERNAL" in {problem.code for problem in found}


def test_field_sets_may_be_lists_and_names() -> None:
    sdl = composed_as_written(
        a=(
            'type Query { a: A } type A @key(fields: ["id", "x"]) { id: ID! x: Int'
            " } type B @key(fields: id) { id: ID! }"
        )
    ).supergraph_sdl
    assert 'key: "id x"' in sdl
    assert 'key: "id"' in sdl


def test_inactive_provides_are_taken_out() -> None:
    sdl = composed_as_written(
        a='type Query { a: A @provides(fields: "x") } type A @key(fields: "id") { id: ID! x: Int }'
    ).supergraph_sdl
    assert "provides:" not in sdl.split("type Query")[1]


def test_an_extension_needs_a_definition_somewhere() -> None:
    found = problems_as_written(a=OWNER, b='extend type Nope @key(fields: "id") { id: ID! @external }')
    assert {problem.code for problem in found} == {"EXTENSION_WITH_NO_BASE"}


def test_interface_objects_do_not_mix_with_keys_that_had_no_effect() -> None:
    found = problems_as_written(
        a=(
            'type Query { i: I } interface I @key(fields: "id") { id: ID! } type A'
            ' implements I @key(fields: "id") { id: ID! }'
        ),
        b=link() + 'type I @interfaceObject @key(fields: "id") { id: ID! x: Int }',
    )
    assert only(found).code == "INTERFACE_OBJECT_USAGE_ERROR"
    assert "migrate" in only(found).message


def test_a_tag_on_an_external_field_is_left_to_the_owner() -> None:
    sdl = composed_as_written(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! x: Int @tag(name: "t") }',
        b='extend type A @key(fields: "id") { id: ID! @external x: Int @external @tag(name: "t")'
        ' r: Int @requires(fields: "x") }',
    ).supergraph_sdl
    assert sdl.count('@tag(name: "t")') == 1
