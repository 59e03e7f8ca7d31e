import pytest

from tests.schema.composition.small_graphs import composed, only, problems

OWNER = 'type Query {{ a: A }} type A @key(fields: "id") {{ id: ID! x: Int {0} }}'
USER = 'type A @key(fields: "id") {{ id: ID! x: Int @external r: Int @requires(fields: "x") {0} }}'


@pytest.mark.parametrize(
    ("owned", "own"),
    [
        ("@authenticated", ""),
        ('@requiresScopes(scopes: [["a"]])', '@requiresScopes(scopes: [["b"]])'),
        ('@requiresScopes(scopes: [["a", "b"]])', '@requiresScopes(scopes: [["a"]])'),
        ('@requiresScopes(scopes: [["a"]])', '@requiresScopes(scopes: [["a"], ["b"]])'),
        ('@policy(policies: [["a"]])', "@authenticated"),
    ],
)
def test_a_requirement_must_not_leak_what_it_reads(owned: str, own: str) -> None:
    problem = only(problems(a=OWNER.format(owned), b=USER.format(own)))
    assert problem.code == "MISSING_TRANSITIVE_AUTH_REQUIREMENTS"
    assert problem.message.startswith("[b]")


@pytest.mark.parametrize(
    ("owned", "own"),
    [
        ("@authenticated", "@authenticated"),
        ('@requiresScopes(scopes: [["a"], ["b"]])', '@requiresScopes(scopes: [["a"]])'),
        ('@policy(policies: [["a"]])', '@policy(policies: [["a", "b"]])'),
    ],
)
def test_demanding_as_much_or_more_is_enough(owned: str, own: str) -> None:
    assert not problems(a=OWNER.format(owned), b=USER.format(own))


def test_an_interface_field_demands_what_its_implementations_do() -> None:
    sdl = composed(
        a="type Query { i: I } interface I { x: Int } type A implements I { x: Int @authenticated }"
    ).supergraph_sdl
    interface = sdl[sdl.index("interface I") :]
    assert "x: Int @authenticated" in interface[: interface.index("}")]
