"""What keys and `@requires` select must be readable, through as many subgraphs as needed."""

import json

from tests.schema.composition.small_graphs import problems

KEYED = 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int }'


def test_keys_lead_there_by_way_of_other_subgraphs() -> None:
    assert not problems(
        a='type Query { a: A } type A @key(fields: "id") { id: ID! }',
        b='type A @key(fields: "id") @key(fields: "code") { id: ID! code: ID! }',
        c='type A @key(fields: "code") { code: ID! y: Int }',
    )


def test_a_key_must_be_readable_where_one_stands() -> None:
    found = problems(a=KEYED, b='type A @key(fields: "code") { code: ID! @shareable y: Int }')
    assert all(problem.code == "SATISFIABILITY_ERROR" for problem in found)
    assert any('@key(fields: "code")' in problem.message for problem in found)


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


def test_requirements_that_need_each_other_do_not_hang() -> None:
    found = problems(
        a=(
            'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int'
            ' @requires(fields: "y") y: Int @external }'
        ),
        b='type A @key(fields: "id") { id: ID! y: Int @requires(fields: "x") x: Int @external }',
    )
    assert {problem.code for problem in found} == {"SATISFIABILITY_ERROR"}
