"""The engine: refusals, caches, introspection, overrides, denied fields; answers like one server over all
data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from graphql import DocumentNode, GraphQLSchema, parse

from marquee_router.engine import Engine, EngineOptions, SubgraphAccess
from marquee_router.errors import (
    DocumentSyntaxError,
    LimitExceeded,
    OperationUnresolved,
    RequestError,
    RouterMisconfigured,
    ValidationFailed,
    VariablesInvalid,
)
from marquee_router.planning.operation import NormalizedOperation, NormalizedSelection
from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_router.stages import Protected, Pruned, RequestCheck
from tests.router.execution.world_transport import Federation

FEDERATION = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.7"
  import: ["@key", "@external", "@requires", "@shareable", "@override", "@inaccessible"]
)
"""
PRODUCTS = (
    FEDERATION
    + """
type Query { product(id: ID!): Product products: [Product!]! found: [Found!] latest: Product }
type Subscription { latest: Product }
union Found = Product | Shop
type Product @key(fields: "id") { id: ID! name: String! weight: Int color: Color price: Int! }
type Shop @key(fields: "id") { id: ID! city: String }
enum Color { RED GREEN SECRET @inaccessible }
"""
)
STOCK = (
    FEDERATION
    + """
type Query { me: User }
type Product @key(fields: "id") {
  id: ID! weight: Int @external inStock: Boolean shipping: String @requires(fields: "weight") shop: Shop
  price: Int! @override(from: "products", label: "percent(0)")
}
type Shop @key(fields: "id") { id: ID! products: [Product!] }
type User @key(fields: "id") { id: ID! name: String! favourite: Product mail: String! ssn: String }
"""
)

SHOP: dict[str, Any] = {"__typename": "Shop", "id": "s1", "city": "Quito"}
ONE: dict[str, Any] = {
    "__typename": "Product", "id": "1", "name": "Chair", "weight": 7, "color": "RED", "price": 10,
    "inStock": True, "shipping": "ship", "shop": SHOP,
}  # fmt: skip
TWO: dict[str, Any] = {
    "__typename": "Product", "id": "2", "name": "Table", "weight": None, "color": "SECRET", "price": 20,
    "inStock": None, "shipping": "ship", "shop": None,
}  # fmt: skip
SHOP["products"] = [ONE, TWO]
ME: dict[str, Any] = {
    "__typename": "User",
    "id": "7",
    "name": "Ann",
    "favourite": TWO,
    "mail": "a@b",
    "ssn": "1",
}
ROOT = {"product": ONE, "latest": ONE, "products": [ONE, TWO], "found": [SHOP, ONE], "me": ME}
CONTEXT = RequestContext(headers={})


def federation(**engine: Any) -> Federation:
    return Federation({"products": PRODUCTS, "stock": STOCK}, ROOT, [SHOP, ONE, TWO, ME], **engine)


async def refused(federation: Federation, query: str | None, **request: Any) -> RequestError:
    with pytest.raises(RequestError) as found:
        await federation.engine.prepare(GraphQLRequest(query, **request), CONTEXT)
    return found.value


OPERATIONS = [
    "{ products { id name inStock shipping shop { city } } }",
    "{ me { name favourite { name weight inStock shop { city products { id name } } } } }",
    "{ found { __typename ... on Product { label: name shipping } ... on Shop { products { inStock } } } }",
    """query ($id: ID!, $no: Boolean!) {
         product(id: $id) { n: name inStock @skip(if: $no) } me @include(if: $no) { id } }""",
    "{ a: products { shop { id } } b: products { shop { city } } t: __typename }",
]


@pytest.mark.parametrize("query", OPERATIONS)
async def test_the_answer_is_that_of_one_server_over_all_data(query: str) -> None:
    graph = federation()
    variables = {"id": "1", "no": False}
    expected = graph.world.monolith(parse(query), variables)
    assert expected.errors is None
    assert await graph.ask(query, variables) == {"data": expected.data}


async def test_entities_of_one_step_are_one_call() -> None:
    graph = federation()
    await graph.ask("{ products { inStock shipping } }")
    assert graph.calls() == {"products": 1, "stock": 1}


async def test_a_subgraph_that_is_down_nulls_its_own_fields() -> None:
    graph = federation()
    graph.transports["stock"].down = True
    result = await graph.ask("{ products { name inStock } }")
    assert result["data"]["products"][0] == {"name": "Chair", "inStock": None}
    assert [error["extensions"]["serviceName"] for error in result["errors"]] == ["stock"]


async def test_a_hidden_enum_value_becomes_null_and_is_not_told() -> None:
    result = await federation().ask("{ products { color } }")
    assert result["data"] == {"products": [{"color": "RED"}, {"color": None}]}
    (error,) = result["errors"]
    assert error["path"] == ["products", 1, "color"]
    assert "SECRET" not in orjson.dumps(result).decode()


async def test_refusals_say_what_and_where() -> None:
    graph = federation()
    syntax = await refused(graph, "{ me ")
    assert isinstance(syntax, DocumentSyntaxError)
    assert syntax.errors[0]["locations"]
    invalid = await refused(graph, "{ me { nothing } }")
    assert isinstance(invalid, ValidationFailed)
    assert invalid.errors[0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert isinstance(
        await refused(graph, "query A { me { id } } query B { me { id } }"), OperationUnresolved
    )
    assert isinstance(await refused(graph, "query A { me { id } }", operation_name="C"), OperationUnresolved)
    assert isinstance(await refused(graph, "fragment F on User { id }"), ValidationFailed)
    assert (await refused(graph, None)).code == "BAD_REQUEST"
    assert (await refused(graph, "")).code == "BAD_REQUEST"


async def test_a_refusal_is_remembered_and_told_again() -> None:
    graph = federation()
    first = await refused(graph, "{ nothing }")
    again = await refused(graph, "{ nothing }")
    assert again.errors is first.errors
    assert again is not first, "what is kept must not keep the frames of who asked"


async def test_too_many_tokens_are_refused() -> None:
    graph = federation(options=EngineOptions(max_tokens=10))
    assert isinstance(
        await refused(graph, "{ me { id name id name id name } }"),
        DocumentSyntaxError,
    )


async def test_suggestions_can_be_kept_back() -> None:
    graph = federation(options=EngineOptions(suggestions=False))
    assert "Did you mean" not in (await refused(graph, "{ mee { id } }")).errors[0]["message"]


async def test_variables_are_refused_when_they_do_not_fit() -> None:
    graph = federation()
    with pytest.raises(VariablesInvalid):
        await graph.ask("query ($id: ID!) { product(id: $id) { id } }")
    assert graph.calls() == {}


async def test_equal_documents_are_one_prepared_operation() -> None:
    engine = federation().engine
    request = GraphQLRequest("query A { me { id } }")
    first, second = await asyncio.gather(engine.prepare(request, CONTEXT), engine.prepare(request, CONTEXT))
    assert first is second
    assert (first.kind, first.name) == (OperationKind.QUERY, "A")
    other = await engine.prepare(
        GraphQLRequest("query A {  me { id } }  query B { me { name } }", "A"), CONTEXT
    )
    assert other is first


async def test_the_cache_is_bounded() -> None:
    engine = federation(options=EngineOptions(documents_cached=2)).engine
    first = await engine.prepare(GraphQLRequest("{ me { id } }"), CONTEXT)
    for index in range(3):
        await engine.prepare(GraphQLRequest(f"{{ me {{ a{index}: id }} }}"), CONTEXT)
    assert await engine.prepare(GraphQLRequest("{ me { id } }"), CONTEXT) is not first


async def test_the_cache_is_bounded_in_bytes_too_whatever_is_asked() -> None:
    bound = 1_000_000
    engine = federation(options=EngineOptions(documents_cached_bytes=bound)).engine
    wide = " ".join(f"a{number}: name" for number in range(200))
    for index in range(60):
        await engine.prepare(GraphQLRequest(f"query Q{index} {{ products {{ {wide} }} }}"), CONTEXT)
        with pytest.raises(ValidationFailed):
            await engine.prepare(GraphQLRequest(f"{{ nothing{index} }}"), CONTEXT)
        assert engine.operations_cached()[1] <= 2 * bound
    assert 0 < engine.operations_cached()[0] < 60


async def test_a_new_engine_is_warmed_with_what_the_old_one_answered() -> None:
    old, new = federation().engine, federation().engine
    for query in ("{ me { id } }", "{ products { id } }", "{ nothing }"):
        try:
            await old.prepare(GraphQLRequest(query), CONTEXT)
        except ValidationFailed:
            continue
    assert await new.warm(old) == 2


async def test_introspection_is_answered_without_a_subgraph() -> None:
    graph = federation()
    query = """query ($name: String!) {
        __schema { queryType { name } ...S } color: __type(name: $name) { enumValues { name } } __typename }
        fragment S on __Schema { mutationType { name } }"""
    result = await graph.ask(query, {"name": "Color"})
    assert result == {
        "data": {
            "__schema": {"queryType": {"name": "Query"}, "mutationType": None},
            "color": {"enumValues": [{"name": "RED"}, {"name": "GREEN"}]},
            "__typename": "Query",
        }
    }
    assert (await graph.ask(query, {"name": "Nothing"}))["data"]["color"] is None
    assert graph.calls() == {}


async def test_introspection_and_data_in_one_operation() -> None:
    query = """query ($no: Boolean!) {
        me { id } ... on Query { __schema @skip(if: $no) { __typename } }
        __type(name: "X") @include(if: $no) { name } }"""
    result = await federation().ask(query, {"no": False})
    assert result == {"data": {"me": {"id": "7"}, "__schema": {"__typename": "__Schema"}}}


async def test_events_of_a_subscription_are_completed() -> None:
    graph = federation()
    request = GraphQLRequest("subscription { latest { name inStock } }")
    prepared = await graph.engine.prepare(request, CONTEXT)
    events = [orjson.loads(event.body) async for event in graph.engine.subscribe(prepared, request, CONTEXT)]
    assert events == [{"data": {"latest": {"name": "Chair", "inStock": True}}}] * 2


async def test_a_subscription_outlives_the_deadline_of_a_single_answer() -> None:
    graph = federation()
    late = RequestContext(headers={}, deadline=asyncio.get_running_loop().time() - 1)
    request = GraphQLRequest("subscription { latest { inStock } }")
    prepared = await graph.engine.prepare(request, late)
    events = [orjson.loads(event.body) async for event in graph.engine.subscribe(prepared, request, late)]
    assert events == [{"data": {"latest": {"inStock": True}}}] * 2


async def test_a_subscription_with_bad_variables_is_refused_on_its_first_step() -> None:
    graph = federation()
    request = GraphQLRequest("subscription ($no: Boolean!) { latest { id @skip(if: $no) } }")
    prepared = await graph.engine.prepare(request, CONTEXT)
    with pytest.raises(VariablesInvalid):
        await anext(graph.engine.subscribe(prepared, request, CONTEXT))


async def test_progressive_overrides_are_decided_per_request() -> None:
    asked: list[str] = []

    def decide(label: str, context: RequestContext) -> bool:
        asked.append(label)
        return context.headers.get("beta") == "yes"

    graph = federation(decide_override=decide)
    query = "{ products { price } }"
    expected = {"data": {"products": [{"price": 10}, {"price": 20}]}}
    assert await graph.ask(query) == expected
    assert graph.calls() == {"products": 1}
    assert await graph.ask(query, context=RequestContext(headers={"beta": "yes"})) == expected
    assert graph.calls() == {"products": 2, "stock": 1}
    assert await graph.ask(query) == expected
    assert graph.calls() == {"products": 3, "stock": 1}
    assert asked == ["percent(0)"] * 3


class HidesFields:
    """Denies fields by name to whoever has no identity header."""

    def __init__(self, *names: str) -> None:
        self._names = set(names)

    def examine(self, operation: NormalizedOperation) -> Protected | None:
        return _Hidden(operation, self._names)


class _Hidden:
    def __init__(self, operation: NormalizedOperation, names: set[str]) -> None:
        self._operation = operation
        self._names = names
        self._paths: dict[tuple[str, ...], None] = {}

    async def key(self, context: RequestContext) -> Hashable:
        return context.headers.get("user") == "admin"

    def prune(self, key: Hashable) -> Pruned:
        if key is True:
            return Pruned(self._operation)
        selection = self._kept(self._operation.selection, ())
        errors = tuple({"message": "denied", "path": list(path)} for path in self._paths)
        if not selection.by_type[self._operation.root_type]:
            return Pruned(None, errors)
        return Pruned(replace(self._operation, selection=selection), errors)

    def _kept(self, selection: NormalizedSelection, path: tuple[str, ...]) -> NormalizedSelection:
        by_type = {}
        for type_name, fields in selection.by_type.items():
            kept = []
            for field in fields:
                here = (*path, field.response_key)
                if field.name in self._names:
                    self._paths[here] = None
                elif field.selection is None:
                    kept.append(field)
                else:
                    kept.append(replace(field, selection=self._kept(field.selection, here)))
            by_type[type_name] = tuple(kept)
        return NormalizedSelection(by_type)


ADMIN = RequestContext(headers={"user": "admin"})


async def test_denied_fields_are_null_with_an_error_even_when_they_are_fetched_for_others() -> None:
    graph = federation(authorizer=HidesFields("weight"))
    query = "{ products { name weight shipping } }"
    denied = await graph.ask(query)
    assert denied["errors"] == [{"message": "denied", "path": ["products", "weight"]}]
    assert denied["data"]["products"][0] == {"name": "Chair", "weight": None, "shipping": "ship<weight=7>"}
    allowed = await graph.ask(query, context=ADMIN)
    assert "errors" not in allowed
    assert allowed["data"]["products"][0]["weight"] == 7


async def test_a_denied_field_that_may_not_be_null_takes_its_parent_along() -> None:
    graph = federation(authorizer=HidesFields("mail"))
    result = await graph.ask("{ me { id mail } products { id } }")
    assert result["data"] == {"me": None, "products": [{"id": "1"}, {"id": "2"}]}
    assert result["errors"] == [{"message": "denied", "path": ["me", "mail"]}]


async def test_nothing_is_fetched_when_everything_is_denied() -> None:
    graph = federation(authorizer=HidesFields("me"))
    result = await graph.ask("{ me { id } }")
    assert result == {"data": {"me": None}, "errors": [{"message": "denied", "path": ["me"]}]}
    assert graph.calls() == {}


class Strict:
    """Refuses by text, by document and by request."""

    def check_text(self, text: str) -> None:
        if "forbidden" in text:
            raise LimitExceeded("text")

    def check_document(self, document: DocumentNode) -> None:
        if len(document.definitions) > 2:
            raise LimitExceeded("document")

    def check_operation(
        self, document: DocumentNode, operation_name: str | None, schema: GraphQLSchema
    ) -> RequestCheck | None:
        def check(variables: Any, context: RequestContext) -> None:
            if variables.get("id") == "99":
                raise LimitExceeded("request")

        return check


async def test_a_guard_refuses_at_each_of_its_stages() -> None:
    graph = federation(guard=Strict())
    assert (await refused(graph, "{ me { forbidden: id } }")).message == "text"
    assert (await refused(graph, "{a} fragment A on X {a} fragment B on X {a}")).message == "document"
    query = "query ($id: ID!) { product(id: $id) { id } }"
    with pytest.raises(LimitExceeded, match="request"):
        await graph.ask(query, {"id": "99"})
    assert (await graph.ask(query, {"id": "1"}))["data"]["product"] == {"id": "1"}


class Stored:
    """Documents by name."""

    async def text_of(self, request: GraphQLRequest, context: RequestContext) -> str:
        if request.extensions.get("name") == "me":
            return "{ me { id } }"
        raise RequestError("unknown")


async def test_a_document_source_finds_the_text() -> None:
    engine = federation(documents=Stored()).engine
    prepared = await engine.prepare(GraphQLRequest(None, extensions={"name": "me"}), CONTEXT)
    assert prepared.kind is OperationKind.QUERY
    with pytest.raises(RequestError, match="unknown"):
        await engine.prepare(GraphQLRequest("{ me { id } }"), CONTEXT)


async def test_headers_come_from_the_context_and_the_header_source() -> None:
    seen: list[dict[str, str]] = []
    graph = federation(header_source=lambda subgraph, context: {"x-for": subgraph})
    fetch = graph.transports["stock"].fetch

    async def spy(body: bytes, headers: Any, timeout_seconds: float, *, idempotent: bool = False) -> Any:
        seen.append(dict(headers))
        return await fetch(body, headers, timeout_seconds, idempotent=idempotent)

    graph.transports["stock"].fetch = spy  # type: ignore[method-assign]  # a spy in place of the method
    await graph.ask("{ me { id } }", context=RequestContext(headers={}, subgraph_headers={"a": "1"}))
    assert seen == [{"a": "1", "x-for": "stock"}]


async def test_a_subgraph_without_a_transport_is_a_misconfiguration() -> None:
    graph = federation()
    engine = Engine(graph.supergraph, SubgraphAccess.of({"products": graph.transports["products"]}))
    with pytest.raises(RouterMisconfigured):
        await engine.prepare(GraphQLRequest("{ me { id } }"), CONTEXT)


async def test_closing_closes_the_transports_it_owns() -> None:
    closed: list[str] = []

    class Closing:
        async def fetch(self, *_: Any, **__: Any) -> Any: ...

        def subscribe(self, *_: Any) -> AsyncIterator[bytes]:
            raise AssertionError("no test subscribes here")

        async def aclose(self) -> None:
            closed.append("closed")

    supergraph = federation().supergraph
    await Engine(supergraph, SubgraphAccess.of({"products": Closing()}, closes_transports=False)).aclose()
    assert closed == []
    await Engine(supergraph, SubgraphAccess.of({"products": Closing()})).aclose()
    assert closed == ["closed"]
