"""Variables coerce as graphql-core coerces them, and stay in the form that subgraphs are sent."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    OperationDefinitionNode,
    VariableDefinitionNode,
    build_schema,
    get_variable_values,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee_router.errors import VariablesInvalid
from marquee_router.execution.variables import compile_variables

SCHEMA = build_schema("""
    type Query { a: Int b: Float c: ID d: Boolean e: String }
    enum Color { RED GREEN }
    scalar Time
    input Range { from: Int! to: Int = 9 next: Range tags: [String!] }
    input Pick @oneOf { id: ID name: String range: Range }
""")


def definitions(text: str) -> tuple[VariableDefinitionNode, ...]:
    operation = parse(f"query ({text}) {{ a }}").definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return tuple(operation.variable_definitions or ())


def coerce(text: str, provided: dict[str, Any]) -> dict[str, Any]:
    return compile_variables(SCHEMA, definitions(text))(provided)


@pytest.mark.parametrize(
    ("text", "provided", "expected"),
    [
        ("$x: Int", {}, {}),
        ("$x: Int", {"x": None}, {"x": None}),
        ("$x: Int = 3", {}, {"x": 3}),
        ("$x: Int = 3", {"x": None}, {"x": None}),
        ("$x: Int! = 3", {}, {"x": 3}),
        ("$x: Int", {"x": 4.0}, {"x": 4}),
        ("$x: ID", {"x": 4}, {"x": "4"}),
        ("$x: ID = 4", {}, {"x": "4"}),
        ("$x: [Int]", {"x": 1}, {"x": [1]}),
        ("$x: [[Int]]", {"x": 1}, {"x": [[1]]}),
        ("$x: [Int] = 1", {}, {"x": [1]}),
        ("$x: Color = RED", {}, {"x": "RED"}),
        ("$x: Float", {"x": 1}, {"x": 1}),
        ("$x: Time", {"x": {"any": ["thing"]}}, {"x": {"any": ["thing"]}}),
        ("$x: Range", {"x": {"from": 1}}, {"x": {"from": 1}}),
        ("$x: Range", {"x": {"from": 1, "tags": "a"}}, {"x": {"from": 1, "tags": ["a"]}}),
        ("$x: Range = {from: 1}", {}, {"x": {"from": 1}}),
        ("$x: Pick", {"x": {"id": 1}}, {"x": {"id": "1"}}),
        ("$x: Int", {"x": 1, "unknown": 2}, {"x": 1}),
    ],
)
def test_coercion(text: str, provided: dict[str, Any], expected: dict[str, Any]) -> None:
    assert coerce(text, provided) == expected


@pytest.mark.parametrize(
    ("text", "provided", "message"),
    [
        (
            "$x: Int!",
            {},
            "Variable '$x' has invalid value: Expected a value of non-null type 'Int!' to be provided.",
        ),
        (
            "$x: Int",
            {"x": "1"},
            "Variable '$x' has invalid value: Int cannot represent non-integer value: '1'",
        ),
        ("$x: Range", {"x": {"from": 1, "next": {}}}, "Variable '$x' has invalid value at .next: "),
    ],
)
def test_errors_are_worded_as_by_graphql_core(text: str, provided: dict[str, Any], message: str) -> None:
    with pytest.raises(VariablesInvalid) as refused:
        coerce(text, provided)
    (error,) = refused.value.errors
    assert error["message"].startswith(message)
    assert error["locations"] == [{"line": 1, "column": 8}]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(VariablesInvalid) as refused:
        coerce("$x: Int!, $y: [Color!]", {"y": ["RED", "BLUE", None]})
    assert len(refused.value.errors) == 3


def test_endless_nesting_is_refused() -> None:
    nested: dict[str, Any] = {"from": 1}
    for _ in range(3000):
        nested = {"from": 1, "next": nested}
    with pytest.raises(VariablesInvalid):
        coerce("$x: Range", {"x": nested})


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, 2**31, -(2**31) - 1, 1.5, 3.0, "", "RED", "BLUE", "7"]),
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["from", "to", "next", "tags", "id", "name", "range"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
TYPES = [
    "Int",
    "Int!",
    "Float",
    "String",
    "Boolean!",
    "ID",
    "[ID!]",
    "[[Int]!]",
    "Color!",
    "[Color]",
    "Range",
    "Pick",
    "[Pick!]!",
    "Time",
]


@settings(max_examples=400, deadline=None)
@given(expected=st.sampled_from(TYPES), value=VALUES)
def test_the_verdict_is_graphql_cores(expected: str, value: Any) -> None:
    found = definitions(f"$x: {expected}")
    theirs = get_variable_values(SCHEMA, found, {"x": value})
    try:
        ours: Any = compile_variables(SCHEMA, found)({"x": value})
    except VariablesInvalid:
        ours = None
    if isinstance(theirs, list):
        assert ours is None
    else:
        again = get_variable_values(SCHEMA, found, ours)
        assert not isinstance(again, list)
        assert again.coerced == theirs.coerced
