import pytest

from tests.schema.composition.small_graphs import composed, only, problems

OWNER = 'type A @key(fields: "id") { id: ID! x: Int @shareable }'


@pytest.mark.parametrize(
    ("field", "a", "code"),
    [
        ('a: A @provides(fields: "nope")', "id: ID!", "PROVIDES_INVALID_FIELDS"),
        ("a: A @provides(fields: 1)", "id: ID!", "PROVIDES_INVALID_FIELDS_TYPE"),
        ('a: A @provides(fields: "x")', "id: ID! x: Int @shareable", "PROVIDES_FIELDS_MISSING_EXTERNAL"),
        ('a: A @provides(fields: "f")', "id: ID! f(x: Int): Int @external", "PROVIDES_FIELDS_HAS_ARGS"),
        (
            'a: A @provides(fields: "x @skip(if: true)")',
            "id: ID! x: Int @external",
            "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
        ),
        ('n: Int @provides(fields: "x") a: A', "id: ID!", "PROVIDES_ON_NON_OBJECT_FIELD"),
    ],
)
def test_provides_selects_external_fields_of_what_its_field_returns(field: str, a: str, code: str) -> None:
    found = problems(o=OWNER, s="type Query { " + field + ' } type A @key(fields: "id") { ' + a + " }")
    assert only(found).code == code


def test_an_external_field_cannot_provide() -> None:
    found = problems(
        o=(
            'type A @key(fields: "id") { id: ID! b: B @shareable } type B'
            ' @key(fields: "id") { id: ID! x: Int @shareable }'
        ),
        s='type Query { a: A @provides(fields: "b { id }") } type A @key(fields: "id") { id: ID! '
        'b: B @external @provides(fields: "x") } type B @key(fields: "id") { id: ID! x: Int @external }',
    )
    assert only(found).code == "EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE"


def test_provides_is_not_for_fields_of_interfaces() -> None:
    found = problems(
        o=OWNER,
        s='type Query { i: I } interface I { a: A @provides(fields: "x") } type J implements I { a: A }'
        ' type A @key(fields: "id") { id: ID! x: Int @external }',
    )
    assert only(found).code == "PROVIDES_UNSUPPORTED_ON_INTERFACE"


def test_what_is_provided_is_annotated() -> None:
    sdl = composed(
        o=OWNER,
        s='type Query { a: A @provides(fields: "x") } type A @key(fields: "id") { id: ID! x: Int @external }',
    ).supergraph_sdl
    assert 'a: A @join__field(graph: S, provides: "x")' in sdl
    assert "x: Int @join__field(graph: O) @join__field(graph: S, external: true)" in sdl
