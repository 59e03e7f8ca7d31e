import pytest

from tests.schema.composition.small_graphs import only, problems


@pytest.mark.parametrize(
    "sdl",
    [
        "type Query { i: I } interface I @authenticated { x: Int } type A implements I { x: Int }",
        'type Query { i: I } interface I { x: Int @requiresScopes(scopes: [["s"]]) } type A implements I {'
        " x: Int }",
        'type Query { i: I } interface I { x: Int @policy(policies: [["p"]]) } type A implements I { x: Int'
        " }",
    ],
)
def test_interfaces_inherit_requirements_and_declare_none(sdl: str) -> None:
    assert only(problems(s=sdl)).code == "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE"


def test_interface_objects_declare_none_on_the_type_either() -> None:
    found = problems(
        a='type Query { i: I } interface I @key(fields: "id") { id: ID! }'
        ' type A implements I @key(fields: "id") { id: ID! }',
        b='type I @interfaceObject @key(fields: "id") @authenticated { id: ID! x: Int }',
    )
    assert only(found).code == "AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE"
    assert "interface object" in only(found).message
