"""The projector shapes answers as graphql-core would complete them, whatever subgraphs sent."""

from __future__ import annotations

import random
from typing import Any

import pytest
from graphql import (
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    build_schema,
    execute_sync,
    get_named_type,
    is_leaf_type,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee_router.execution.projection import Projector
from tests.router.execution.shapes import shape

SCHEMA = build_schema("""
    type Query {
      node: Node  nodes: [Node!]  strictNodes: [Node!]!  found: [Found]!  one: Product  strict: Product!
      matrix: [[Int!]]  ids: [ID!]  names: [String]  flags: [Boolean!]!  colors: [Color]  when: [Time!]
    }
    interface Node { id: ID! }
    union Found = Product | User
    enum Color { RED GREEN }
    scalar Time
    type Product implements Node {
      id: ID!  name: String  price: Float!  stock: Int  color: Color!  maker: User!  seller: User
      made: Time  on: Boolean  related: [Product!]
    }
    type User implements Node { id: ID!  name: String!  favourite: Product  friends: [User] }
""")
for _type in SCHEMA.type_map.values():
    if isinstance(_type, GraphQLObjectType) and not _type.name.startswith("__"):
        _type.is_type_of = lambda value, info: isinstance(value, dict)

QUERIES = [
    """{ node { __typename id ... on Product { name price maker { name } } ... on User { n: name } }
         nodes { id ... on User { friends { id name } } } }""",
    """{ one { id name price stock color made on seller { id name } related { id maker { id name } } } }""",
    """{ strict { t: __typename id color maker { name favourite { id price } } related { color stock } } }""",
    """{ found { ... on Product { id related { name price } } ... on User { __typename name friends { id } } }
         strictNodes { id } }""",
    """{ matrix ids names flags colors when }""",
    """query ($yes: Boolean!, $no: Boolean!) {
         one { id @include(if: $yes) price @skip(if: $no) ... @include(if: $no) { name stock } on }
         node @skip(if: $yes) { id } }""",
]
VARIABLES = {"yes": True, "no": False}

ODDITIES: list[Any] = [
    None, "RED", "HIDDEN", "", "a", "12", "1.5", 0, -3, 2**31 - 1, 2**31, -(2**31) - 1, 1.5, 2.0, True, False,
    [], {}, ["RED"], [1, None],
]  # fmt: skip
PROPER: dict[str, list[Any]] = {
    "ID": ["1", "2", 3],
    "String": ["x", "y"],
    "Float": [-1.5, 0.0, 3],
    "Int": [0, 9, -1],
    "Boolean": [True, False],
    "Color": ["RED", "GREEN"],
    "Time": ["now", 3, {"at": 1}],
}


class Subgraphs:
    """Sends mostly what the schema promises, and sometimes not."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._oddity = self._random.choice([0.0, 0.02, 0.1])
        self._null = self._random.choice([0.0, 0.1])

    def value(self, expected: str, depth: int) -> Any:
        chance = self._random.random()
        if chance < self._oddity:
            return self._random.choice(ODDITIES)
        if expected.endswith("!"):
            return self.value(expected[:-1], depth)
        if chance < self._oddity + self._null:
            return None
        if expected.startswith("["):
            return [self.value(expected[1:-1], depth) for _ in range(self._random.randrange(4))]
        if expected in {"Node", "Found"}:
            return self.abstract(depth)
        named = SCHEMA.get_type(expected)
        if isinstance(named, GraphQLObjectType):
            return self.object(named, depth)
        return self._random.choice(PROPER[expected])

    def abstract(self, depth: int) -> dict[str, Any]:
        names: list[Any] = ["Product", "User"]
        if self._random.random() < self._oddity:
            names = ["Ghost", "Query", "Node", None, 5]
        name = self._random.choice(names)
        concrete = SCHEMA.get_type(name) if isinstance(name, str) else None
        fields = self.object(concrete, depth) if isinstance(concrete, GraphQLObjectType) else {}
        return {**fields, "__typename": name}

    def object(self, concrete: GraphQLObjectType, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, field in concrete.fields.items():
            if self._random.random() < self._oddity:
                continue
            if depth or is_leaf_type(get_named_type(field.type)):
                found[name] = self.value(str(field.type), depth - 1)
            else:
                found[name] = [] if str(field.type).startswith("[") else None
        if "name" in found:
            found["n"] = found["name"]
        return found

    def root(self) -> dict[str, Any]:
        query = SCHEMA.query_type
        assert query is not None
        return self.object(query, 3)


def by_response_key(source: Any, info: GraphQLResolveInfo[Any]) -> Any:
    return source.get(info.path.key) if isinstance(source, dict) else None


def monolith(schema: GraphQLSchema, query: str, data: dict[str, Any]) -> tuple[Any, list[tuple[Any, ...]]]:
    """Data and error paths as graphql-core has them."""
    result = execute_sync(
        schema,
        parse(query),
        root_value=data,
        variable_values=VARIABLES,
        field_resolver=by_response_key,
        type_resolver=lambda value, info, abstract: (
            value.get("__typename") if isinstance(value, dict) else None
        ),
    )
    return result.data, sorted((tuple(error.path or ()) for error in result.errors or ()), key=repr)


def exactly(value: Any) -> Any:
    """Tells True from 1, which Python's equality does not; 1 and 1.0 are one JSON number."""
    if isinstance(value, dict):
        return [(key, exactly(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return ("bool", value) if isinstance(value, bool) else value


PROJECTORS = [(query, Projector(shape(SCHEMA, query), "Query", SCHEMA)) for query in QUERIES]


@pytest.mark.parametrize(("query", "projector"), PROJECTORS, ids=range(len(QUERIES)))
@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_answer_is_that_of_graphql_core_on_the_same_values(
    query: str, projector: Projector, seed: int
) -> None:
    data = Subgraphs(seed).root()
    expected, paths = monolith(SCHEMA, query, data)

    answer, violations = projector.project(data, VARIABLES)

    assert exactly(answer) == exactly(expected)
    assert sorted((violation.path for violation in violations), key=repr) == paths


@pytest.mark.parametrize(("query", "projector"), PROJECTORS, ids=range(len(QUERIES)))
@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_the_generated_function_and_the_specification_agree(
    query: str, projector: Projector, seed: int
) -> None:
    data = Subgraphs(seed).root()

    assert exactly(projector.project(data, VARIABLES)[0]) == exactly(projector.complete(data, VARIABLES)[0])
