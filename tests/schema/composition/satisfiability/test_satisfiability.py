import json

import pytest

from tests.schema.composition.composing import composed, hints, only, problems

KEYED = 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }'


def test_a_field_that_cannot_be_reached_is_shown_with_the_shortest_operation_and_the_reason() -> None:
    problem = only(problems(a="type Query { a: A } type A { x: Int }", b="type A { y: Int }"))
    assert problem.code == "SATISFIABILITY_ERROR"
    assert "{\n  a {\n    y\n  }\n}" in problem.message
    assert '- from subgraph "a":' in problem.message
    assert 'cannot find field "A.y"' in problem.message
    assert 'type "A" has no @key defined there' in problem.message


def test_keys_lead_there_by_way_of_other_subgraphs() -> None:
    assert not problems(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! }',
        b='type A @key(fields: "id") @key(fields: "code") { id: ID! code: ID! }',
        c='type A @key(fields: "code") { code: ID! y: Int }',
    )


def test_a_key_that_is_not_resolvable_leads_nowhere() -> None:
    found = problems(a=KEYED, b='type A @key(fields: "id", resolvable: false) { id: ID! y: Int }')
    assert "none of the @key" in only(found).message


def test_a_key_must_be_readable_where_one_stands() -> None:
    found = problems(a=KEYED, b='type A @key(fields: "code") { code: ID! @shareable y: Int }')
    assert all(problem.code == "SATISFIABILITY_ERROR" for problem in found)
    assert any('@key(fields: "code")' in problem.message for problem in found)


def test_a_parent_entity_reaches_what_has_no_key() -> None:
    assert not problems(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! v: V @shareable } type V { x: Int }',
        b='type A @key(fields: "id") { id: ID! v: V @shareable } type V { y: Int }',
    )


def test_a_root_field_reaches_what_has_no_key() -> None:
    assert not problems(
        a="type Query { v: V @shareable } type V { x: Int }",
        b="type Query { v: V @shareable } type V { y: Int }",
    )


def test_requirements_must_be_reachable_and_lead_back() -> None:
    owner = 'type Query { a: A } type A @key(fields: "id") { id: ID! } '
    user = 'type A @key(fields: "id") { id: ID! x: Int @external r: Int @requires(fields: "x") }'
    third = 'type A @key(fields: "other") { other: ID! @shareable x: Int }'
    found = problems(a=owner, b=user, c=third)
    assert any('cannot satisfy @requires conditions "x"' in problem.message for problem in found)


def test_requirements_may_give_lists_and_objects_as_arguments() -> None:
    where = 'price(in: [{ unit: KG, of: "a" }, { unit: G }], exact: true)'
    inputs = "input Weight { unit: Unit of: String } enum Unit { KG G }"
    field = "price(in: [Weight!], exact: Boolean): Int"
    assert not problems(
        a=f'type Query {{ a: A }} type A @key(fields: "id") {{ id: ID! {field} }} {inputs}',
        b=f"""type A @key(fields: "id") {{
                id: ID! {field} @external r: Int @requires(fields: {json.dumps(where)}) }} {inputs}""",
    )


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


def test_both_sides_of_a_progressive_override_must_work() -> None:
    found = problems(
        a="type Query { a: A } type A { x: Int y: Int }",
        b='type A { x: Int @override(from: "a", label: "percent(5)") }',
    )
    assert 'override label "percent(5)"' in only(found).message


def test_interface_objects_need_the_interface_to_be_resolvable() -> None:
    standing = 'type Query { i: I } type I @interfaceObject @key(fields: "id") { id: ID! x: Int }'
    owner = 'interface I%s { id: ID! y: Int } type A implements I @key(fields: "id") { id: ID! y: Int }'
    assert not problems(a=owner % ' @key(fields: "id")', b=standing)
    found = problems(a=owner % "", b=standing)
    assert {problem.code for problem in found} == {"SATISFIABILITY_ERROR"}
    assert any("@interfaceObject" in problem.message for problem in found)


def test_a_mutation_is_sent_to_one_subgraph_only() -> None:
    base = "type Mutation { m: A @shareable } type A %s { %s: Int @shareable }"
    one = "type Query { q: Int } " + base % ("", "x") + " extend type A { z: Int }"
    found = problems(a=one, b=base % ("", "y"))
    assert "A mutation is called in one subgraph only" in only(found).message


def test_members_that_a_subgraph_never_returns_need_no_answer() -> None:
    assert not problems(
        a="type Query { u: U } union U = A type A { x: Int }",
        b="type Query { b: U } union U = B type B { y: Int }",
    )


def test_shared_fields_must_be_able_to_return_the_same() -> None:
    found = problems(
        a="type Query { u: U @shareable } union U = A type A { x: Int }",
        b="type Query { u: U @shareable } union U = B type B { y: Int }",
    )
    assert only(found).code == "SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES"


def test_shared_fields_that_return_more_in_one_subgraph_are_a_hint() -> None:
    result = composed(
        a=(
            "type Query { u: U @shareable } union U = A | B type A @shareable {"
            " x: Int } type B @shareable { x: Int }"
        ),
        b="type Query { u: U @shareable } union U = A type A @shareable { x: Int }",
    )
    assert "INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN" in hints(result)


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


def test_requirements_that_need_each_other_do_not_hang() -> None:
    found = problems(
        a=(
            'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int'
            ' @requires(fields: "y") y: Int @external }'
        ),
        b='type A @key(fields: "id") { id: ID! y: Int @requires(fields: "x") x: Int @external }',
    )
    assert {problem.code for problem in found} == {"SATISFIABILITY_ERROR"}
