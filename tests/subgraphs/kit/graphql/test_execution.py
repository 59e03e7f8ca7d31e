"""The short way for plain fields answers exactly as graphql-core does."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from decimal import Decimal
from inspect import isawaitable
from typing import Any

import pytest
import strawberry
from graphql import execute, parse
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.graphql import Context, Locale, SubgraphSchema, build_schema


@strawberry.type
class Animal:
    """Every kind of plain field, some of them wrong, and some that are not plain."""

    name: str
    legs: int
    weight: Decimal
    tags: list[str]
    born_at: datetime
    speaks: Locale
    nick_name: str | None = None
    broken_name: str = strawberry.field(default=None)
    broken_legs: int | None = strawberry.field(default="many")
    broken_speaks: Locale | None = strawberry.field(default="klingon")
    raised: str | None = strawberry.field(default=ValueError("held, not raised"))

    @strawberry.field
    def shout(self, times: int = 1) -> str:
        return self.name.upper() * times

    @strawberry.field
    async def friend(self) -> Animal | None:
        return None if self.name == "Rex" else _animal("Rex")

    @strawberry.field
    async def strict_friend(self) -> Animal:
        return _animal("Rex")


def _animal(name: str) -> Animal:
    born = datetime(2020, 2, 29, 12, 0, tzinfo=UTC)
    return Animal(name=name, legs=4, weight=Decimal("31.50"), tags=["good"], born_at=born, speaks=Locale.ES)


@strawberry.type
class Query:
    @strawberry.field
    def animals(self) -> list[Animal]:
        return [_animal("Ada"), _animal("Rex")]

    @strawberry.field
    def animal(self) -> Animal | None:
        return _animal("Ada")


@pytest.fixture(scope="module")
def schema() -> SubgraphSchema:
    return build_schema(query=Query, logger=logging.getLogger("marquee.test"))


def _context() -> Context[None]:
    return Context(service=None, clock=FrozenClock(), trusted=True)


async def _as_graphql_core(schema: SubgraphSchema, query: str, variables: dict[str, Any]) -> Any:
    result = execute(
        schema._schema,
        parse(query),
        context_value=_context(),
        variable_values=variables,
        executor_class=StrawberryGraphQLCoreExecutionContext,
        operation_extensions=None,
    )
    return await result if isawaitable(result) else result


@pytest.mark.parametrize(
    "query",
    [
        "{ animal { name legs weight tags bornAt speaks nickName } }",
        "{ animal { speaks shout name friend { name shout } legs __typename } animals { legs name } }",
        "{ animal { a: name b: name c: shout d: legs friend { x: __typename } } }",
        "{ animal { shout(times: 2) legs shout(times: 2) } }",
        "query ($yes: Boolean!) { animal { name @include(if: $yes) legs @skip(if: $yes) weight } }",
        "{ animal { ...A ...B } } fragment A on Animal { legs name } fragment B on Animal { name shout }",
        "{ animal { ... on Animal { friend { name } } friend { legs } } }",
        "{ animal { name brokenName } }",
        "{ animals { name brokenName } }",
        "{ animal { brokenLegs brokenSpeaks raised name } }",
        "{ animal { strictFriend { brokenName } name } }",
        "{ animal { friend { brokenName } name } }",
        "{ __typename animal { __typename } }",
        '{ __schema { queryType { name fields { name } } } __type(name: "Animal") { kind name } }',
    ],
)
async def test_answers_and_errors_are_the_same_in_the_same_order(schema: SubgraphSchema, query: str) -> None:
    variables = {"yes": True}
    expected = await _as_graphql_core(schema, query, variables)
    answer = await schema.answer(query, variables, None, _context())
    assert json.dumps(answer["data"], default=str) == json.dumps(expected.data, default=str)
    places = [(error.path, error.locations) for error in expected.errors or ()]
    shown = [
        (error.get("path"), [(place["line"], place["column"]) for place in error["locations"]])
        for error in answer.get("errors", ())
    ]
    assert shown == [(path, [tuple(place) for place in locations or ()]) for path, locations in places]
