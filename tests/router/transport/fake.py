"""An engine on graphql-core over one small schema: what the edge's tests run against, and a way to call an
app.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    build_schema,
    execute,
    get_operation_ast,
    parse,
    subscribe,
    validate,
)
from graphql.execution.values import get_variable_values

from marquee_router import Extras, RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_router.errors import DocumentSyntaxError, OperationUnresolved, ValidationFailed, VariablesInvalid
from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.planning.plan import OperationKind, QueryPlan, ResponseField, ResponseSelection
from marquee_router.request import GraphQLRequest, RequestContext, Response

SDL = """
type Query { hello(name: String = "world"): String!  big(size: Int!): [String!]!  fail: String  fault:
String } type Mutation { add(value: Int!): Int! }
type Subscription { count(to: Int!): Int!  ticks(afterVersion: Int): Int!  broken: Int! }
"""
SCHEMA = build_schema(SDL)
SUPERGRAPH = """
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3",
for: EXECUTION) { query: Query }
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false,
  resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "http://a.test/graphql") }
type Query @join__type(graph: A) { hello: String }
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the edge reads of a prepared operation."""

    kind: OperationKind
    name: str | None
    text: str
    plan: QueryPlan
    is_protected: bool = False
    defers: bool = False


@dataclass(slots=True)
class FakeEngine:
    """Implements `OperationRunner`; remembers the contexts it saw, and ticks when it is told to."""

    contexts: list[RequestContext] = field(default_factory=list)
    subscriber_contexts: list[RequestContext] = field(default_factory=list)
    total: int = 0
    forbidden: str = "(nothing)"
    """A word that no document may contain any more."""
    streams: int = 0
    ticking: list[asyncio.Queue[int | None]] = field(default_factory=list)
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def api_schema(self) -> GraphQLSchema:
        """What clients see."""
        return SCHEMA

    async def prepare(self, request: GraphQLRequest, context: RequestContext) -> Prepared:
        """Parse and validate."""
        self.contexts.append(context)
        document = parse_checked(request.query or "")
        if self.forbidden in (request.query or ""):
            raise ValidationFailed("No such field any more")
        operation = get_operation_ast(document, request.operation_name)
        if operation is None:
            raise OperationUnresolved("No such operation")
        kind = OperationKind(operation.operation.value)
        fields = tuple(root_fields(operation))
        root_type = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}[kind.value]
        plan = QueryPlan(kind, None, root_type, ResponseSelection({root_type: fields}))
        name = operation.name.value if operation.name else None
        return Prepared(kind, name, request.query or "", plan)

    async def execute(self, prepared: Prepared, request: GraphQLRequest, context: RequestContext) -> Response:
        """Run on the local resolvers."""
        document = parse_checked(prepared.text)
        coerced = coerce(document, request)
        if re.search(r"\bfault\b", prepared.text):
            raise RuntimeError("a secret detail")
        result = execute(
            SCHEMA,
            document,
            self,
            operation_name=request.operation_name,
            variable_values=coerced,
        )
        assert isinstance(result, ExecutionResult)
        return encoded(result)

    async def subscribe(
        self, prepared: Prepared, request: GraphQLRequest, context: RequestContext
    ) -> AsyncIterator[Response]:
        """One stream of local events."""
        document = parse_checked(prepared.text)
        coerce(document, request)
        self.streams += 1
        self.subscriber_contexts.append(context)
        stream = subscribe(SCHEMA, document, self, variable_values=dict(request.variables))
        if isawaitable(stream):
            stream = await stream
        if isinstance(stream, ExecutionResult):
            yield encoded(stream)
            return
        async for result in stream:
            yield encoded(result)

    def execute_in_parts(
        self,
        prepared: Prepared,
        request: GraphQLRequest,
        context: RequestContext,
        format_: IncrementalFormat,
    ) -> AsyncIterator[Response]:
        """No operation defers here."""
        raise NotImplementedError

    def operations_cached(self) -> tuple[int, int]:
        """None are."""
        return 0, 0

    async def warm(self, previous: FakeEngine) -> int:
        """Nothing is prepared in advance."""
        return 0

    async def aclose(self) -> None:
        """Nothing is open."""

    async def opened(self, count: int) -> None:
        """Wait until so many `ticks` are running."""
        while len(self.ticking) < count:
            self.subscribed.clear()
            await self.subscribed.wait()

    def tick(self, value: int | None) -> None:
        """Send an event to every running `ticks`; None ends them."""
        for queue in self.ticking:
            queue.put_nowait(value)

    # resolvers

    def hello(self, _info: object, name: str) -> str:
        """A greeting."""
        return f"hello {name}"

    def big(self, _info: object, size: int) -> list[str]:
        """Many strings."""
        return [f"string number {index}" for index in range(size)]

    def fail(self, _info: object) -> str:
        """An error of a resolver."""
        raise GraphQLError("no luck")

    def add(self, _info: object, value: int) -> int:
        """Change the total."""
        self.total += value
        return self.total

    async def count(self, _info: object, to: int) -> AsyncIterator[dict[str, int]]:
        """Numbers from one on."""
        for number in range(1, to + 1):
            yield {"count": number}

    async def ticks(self, _info: object, **_arguments: object) -> AsyncIterator[dict[str, int]]:
        """Whatever `tick` sends."""
        queue: asyncio.Queue[int | None] = asyncio.Queue()
        self.ticking.append(queue)
        self.subscribed.set()
        try:
            while (value := await queue.get()) is not None:
                yield {"ticks": value}
        finally:
            self.ticking.remove(queue)

    async def broken(self, _info: object) -> AsyncIterator[dict[str, int]]:
        """Fails after one event."""
        yield {"broken": 1}
        raise RuntimeError("a secret detail")


def parse_checked(text: str) -> DocumentNode:
    """The valid document, or the engine's refusal."""
    try:
        document = parse(text)
    except GraphQLError as error:
        raise DocumentSyntaxError(error.message) from None
    errors = validate(SCHEMA, document)
    if errors:
        raise ValidationFailed(errors[0].message)
    return document


def root_fields(operation: OperationDefinitionNode) -> list[ResponseField]:
    """The plan's root fields, as far as the edge reads them."""
    names = [node.name.value for node in operation.selection_set.selections if hasattr(node, "name")]
    return [ResponseField(name, name, name, SCHEMA.type_map["Int"]) for name in names]  # type: ignore[arg-type]  # the type is not read here


def coerce(document: DocumentNode, request: GraphQLRequest) -> dict[str, Any]:
    """Refuse wrong variables."""
    operation = get_operation_ast(document, request.operation_name)
    assert operation is not None
    result = get_variable_values(SCHEMA, operation.variable_definitions or (), dict(request.variables))
    if isinstance(result, list):
        raise VariablesInvalid(result[0].message)
    return dict(request.variables)


def encoded(result: ExecutionResult) -> Response:
    """The result as the engine would give it."""
    return Response(
        orjson.dumps(result.formatted), has_data=result.data is not None, has_errors=bool(result.errors)
    )


def fake_app(
    settings: Mapping[str, Any] | None = None,
    *,
    extras: Extras | None = None,
    engine: FakeEngine | None = None,
) -> tuple[RouterApp, FakeEngine]:
    """An app over a fake engine."""
    engine = engine or FakeEngine()
    app = create_app(
        SUPERGRAPH,
        {},
        RouterConfig.model_validate(settings or {}),
        extras=extras,
        engine_factory=lambda _: engine,
    )
    return app, engine
