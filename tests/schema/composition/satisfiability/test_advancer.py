"""Which fields a subgraph answers at a step: provided, overridden, of interface objects, from contexts."""

import pytest

from tests.schema.composition.small_graphs import only, problems


def test_provided_fields_are_read_there_and_only_there() -> None:
    provider = (
        'type Query { direct: A @provides(fields: "x") %s } type A @key(fields: "id", resolvable: false) '
        "{ id: ID! x: Int @external }"
    )
    owner = 'type A @key(fields: "id", resolvable: false) { id: ID! x: Int @shareable }'
    assert not problems(a=provider % "", b=owner)
    problem = only(problems(a=provider % "other: A", b=owner))
    assert "other {" in problem.message
    assert "marked @external" in problem.message


def test_an_overridden_field_is_not_read_any_more() -> None:
    found = problems(
        a="type Query { a: A } type A { x: Int y: Int }", b='type A { x: Int @override(from: "a") }'
    )
    assert "overridden" in only(found).message


def test_interface_objects_need_the_interface_to_be_resolvable() -> None:
    standing = 'type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID! x: Int }'
    owner = 'interface I%s { id: ID! y: Int } type A implements I @key(fields: "id") { id: ID! y: Int }'
    assert not problems(a=owner % ' @key(fields: "id")', b=standing)
    found = problems(a=owner % "", b=standing)
    assert {problem.code for problem in found} == {"SATISFIABILITY_ERROR"}
    assert any("@interfaceObject" in problem.message for problem in found)


@pytest.mark.parametrize("path", ["c { prop }", "c { nested { prop } }"])
def test_a_context_is_found_on_the_way(path: str) -> None:
    sdl = (
        'type Query { t: T %s } type T @key(fields: "id") @context(name: "c") { id: ID! u: U! prop: String'
        " nested: N }"
        ' type N { prop: String } type U @key(fields: "id")'
        f' {{ id: ID! f(x: String @fromContext(field: "${path}")): Int }}'
    )
    assert not problems(s=sdl % "")
    assert "needs" in only(problems(s=sdl % "lonely: U")).message
