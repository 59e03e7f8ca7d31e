import pytest

from tests.schema.composition.small_graphs import only, problems

OWNER = 'type Query {{ a: A }} type A @key(fields: "id") {{ id: ID! {0} }}'
USER = 'type A @key(fields: "id") {{ id: ID! {0} @external r: Int @requires(fields: "{1}") }}'


@pytest.mark.parametrize(
    ("owned", "external", "fields", "code"),
    [
        ("x: Int", "x: String", "x", "EXTERNAL_TYPE_MISMATCH"),
        ("x(u: Int): Int", "x: Int", "x", "EXTERNAL_ARGUMENT_MISSING"),
        ("x(u: Int): Int", "x(u: ID): Int", "x", "EXTERNAL_ARGUMENT_TYPE_MISMATCH"),
        ("x(u: Int = 1): Int", "x(u: Int = 2): Int", "x", "EXTERNAL_ARGUMENT_DEFAULT_MISMATCH"),
        ("x: Int", 'x: Int @tag(name: \\"t\\")', "x", "MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL"),
    ],
)
def test_an_external_field_is_declared_as_its_owner_has_it(
    owned: str, external: str, fields: str, code: str
) -> None:
    external = external.replace('\\"', '"')
    found = problems(a=OWNER.format(owned), b=USER.format(external, fields))
    assert only(found).code == code


def test_somebody_must_resolve_the_field() -> None:
    found = problems(a=OWNER.format("y: Int"), b=USER.format("x: Int", "x"))
    assert only(found).code == "EXTERNAL_MISSING_ON_BASE"
    assert 'subgraph "b"' in only(found).message
