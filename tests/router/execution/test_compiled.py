"""Plans run as written: order, representations, merging, conditions, and failures that stay where they
happen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from graphql import build_schema

from router.errors import RouterMisconfigured, SubgraphTimeout
from router.execution.compiled import compile_plan
from router.execution.exchange import Exchange
from router.execution.subgraph import SubgraphReply
from router.planning.plan import (
    Condition,
    Conditional,
    Each,
    EntityFetch,
    EntityTarget,
    OperationKind,
    Parallel,
    RepresentationField,
    RepresentationFragment,
    RootFetch,
    Sequence,
    Subscribe,
    TypeCondition,
)
from tests.router.execution.fake_subgraph import FakeSubgraph, answer, compiled, decoded, down, execution
from tests.router.execution.shapes import KEY_ID, plan

SCHEMA = build_schema("""
    type Query { products: [Product!] product: Product me: User media: [Media!] matrix: [[Product]] strict:
    Product! } type Mutation { first: Int second: Int rename(name: String): Product }
    type Subscription { sold: Product }
    type Product { id: ID! name: String stock: Int price: Int! reviews: [Review!] maker: User box: Box }
    type Box { width: Int height: Int tag: Tag }
    type Tag { text: String color: String }
    type Review { body: String author: User }
    type User { id: ID! name: String! }
    interface Media { id: ID! title: String }
    type Book implements Media { id: ID! title: String pages: Int }
    type Film implements Media { id: ID! title: String minutes: Int }
""")
EACH = Each.ITEM


def root(operation: str, subgraph: str = "products", **more: Any) -> RootFetch:
    return RootFetch(subgraph, OperationKind.QUERY, operation, **more)


def entities(
    *paths: Any,
    subgraph: str = "stock",
    fields: str = "stock",
    representation: Any = KEY_ID,
    **more: Any,
) -> EntityFetch:
    operation = f"query($r:[_Any!]!){{e:_entities(representations:$r){{... on Product{{{fields}}}}}}}"
    return EntityFetch(subgraph, operation, (EntityTarget("e", "r", tuple(paths), representation),), **more)


def product(key: Any, **fields: Any) -> dict[str, Any]:
    return {"__typename": "Product", "id": key, **fields}


def products(*keys: Any) -> FakeSubgraph:
    return FakeSubgraph({"data": {"products": [product(key, name=f"P{key}") for key in keys]}})


def stock(variables: dict[str, Any]) -> Any:
    return {"data": {"e": [{"stock": int(each["id"]) * 10} for each in variables["r"]]}}


PRODUCTS = root("{products{__typename id name}}")
TWO_STEPS = Sequence((PRODUCTS, entities(("products", EACH))))
WITH_STOCK = plan(SCHEMA, "{ products { id name stock } }", TWO_STEPS)


async def test_an_entity_fetch_completes_the_objects_at_its_path() -> None:
    assert await answer(SCHEMA, WITH_STOCK, products=products("1", "2"), stock=FakeSubgraph(stock)) == {
        "data": {
            "products": [
                {"id": "1", "name": "P1", "stock": 10},
                {"id": "2", "name": "P2", "stock": 20},
            ]
        }
    }


async def test_equal_representations_are_sent_once() -> None:
    inventory = FakeSubgraph(stock)
    result = await answer(SCHEMA, WITH_STOCK, products=products("1", "2", "1"), stock=inventory)
    assert inventory.calls[0].variables == {
        "r": [{"__typename": "Product", "id": "1"}, {"__typename": "Product", "id": "2"}]
    }
    assert [each["stock"] for each in result["data"]["products"]] == [10, 20, 10]


async def test_objects_without_their_key_stay_as_they_are_and_make_no_error() -> None:
    source = FakeSubgraph({"data": {"products": [product(None, name="a"), product("2")]}})
    result = await answer(
        SCHEMA,
        plan(SCHEMA, "{ products { name stock } }", TWO_STEPS),
        products=source,
        stock=FakeSubgraph(stock),
    )
    assert result == {"data": {"products": [{"name": "a", "stock": None}, {"name": None, "stock": 20}]}}


@pytest.mark.parametrize("found", [[], None])
async def test_no_representations_no_call(found: Any) -> None:
    inventory = FakeSubgraph(stock)
    source = FakeSubgraph({"data": {"products": found}})
    assert await answer(SCHEMA, WITH_STOCK, products=source, stock=inventory) == {"data": {"products": found}}
    assert inventory.calls == []


async def test_a_null_entity_leaves_its_object_alone() -> None:
    inventory = FakeSubgraph({"data": {"e": [None, {"stock": 5}]}})
    result = await answer(SCHEMA, WITH_STOCK, products=products("1", "2"), stock=inventory)
    assert [each["stock"] for each in result["data"]["products"]] == [None, 5]
    assert "errors" not in result


async def test_several_targets_share_one_call() -> None:
    operation = (
        "query($a:[_Any!]!$b:[_Any!]!){a:_entities(representations:$a){x} b:_entities(representations:$b){x}}"
    )
    node = EntityFetch(
        "stock",
        operation,
        (
            EntityTarget("a", "a", (("products", EACH),), KEY_ID),
            EntityTarget("b", "b", (("me",),), KEY_ID, conditions=((Condition("withMe", True),),)),
        ),
    )
    both = Sequence((root("{products{__typename id} me{__typename id}}"), node))
    source = FakeSubgraph({"data": {"products": [product("1")], "me": {"__typename": "User", "id": "7"}}})
    seen = FakeSubgraph(
        lambda variables: {"data": {"a": [{"stock": 1}], "b": [{"name": "Ann"} for _ in variables["b"]]}}
    )
    shape = plan(SCHEMA, "{ products { stock } me { name } }", both)
    result = await answer(SCHEMA, shape, {"withMe": True}, products=source, stock=seen)
    assert result == {"data": {"products": [{"stock": 1}], "me": {"name": "Ann"}}}
    await answer(SCHEMA, shape, {"withMe": False}, products=source, stock=seen)
    assert [len(call.variables["b"]) for call in seen.calls] == [1, 0]


async def test_nested_representations_send_nulls_where_the_plan_says_and_names_by_type() -> None:
    representation = (
        RepresentationField("__typename", "__typename"),
        RepresentationField("id", "_id"),
        RepresentationField(
            "box",
            "box",
            (RepresentationField("width", "w"), RepresentationField("height", "height", nullable=True)),
        ),
        RepresentationFragment(frozenset({"Product"}), (RepresentationField("name", "name"),)),
        RepresentationFragment(frozenset({"Other"}), (RepresentationField("lost", "lost"),)),
    )
    target = EntityTarget("e", "r", (("products", EACH),), representation, {"Product": "Thing"})
    node = Sequence((root("{products{x}}"), EntityFetch("stock", "query($r:[_Any!]!){e}", (target,))))
    box = {"w": 1, "height": None}
    source = FakeSubgraph(
        {
            "data": {
                "products": [
                    {"__typename": "Product", "_id": "1", "name": "a", "box": box},
                    {"__typename": "Product", "_id": "2", "name": "b", "box": None},
                    {"__typename": "Product", "_id": "3", "name": "c", "box": {"w": 1}},
                ]
            }
        }
    )
    seen = FakeSubgraph({"data": {"e": [{"stock": 1}]}})
    result = await answer(SCHEMA, plan(SCHEMA, "{ products { stock } }", node), products=source, stock=seen)
    assert seen.calls[0].variables == {
        "r": [{"__typename": "Thing", "id": "1", "box": {"width": 1, "height": None}, "name": "a"}]
    }
    assert result == {"data": {"products": [{"stock": 1}, {"stock": None}, {"stock": None}]}}


async def test_a_nullable_field_is_sent_as_null() -> None:
    representation = (*KEY_ID, RepresentationField("name", "name", nullable=True))
    node = Sequence((PRODUCTS, entities(("products", EACH), representation=representation)))
    source = FakeSubgraph({"data": {"products": [product("1", name=None), product("2")]}})
    seen = FakeSubgraph(stock)
    result = await answer(SCHEMA, plan(SCHEMA, "{ products { stock } }", node), products=source, stock=seen)
    assert seen.calls[0].variables == {"r": [{"__typename": "Product", "id": "1", "name": None}]}
    assert result["data"]["products"] == [{"stock": 10}, {"stock": None}]


async def test_type_conditions_and_nested_lists_in_paths() -> None:
    film = TypeCondition(frozenset({"Film"}))
    node = Sequence(
        (
            root("{media{__typename id} matrix{__typename id}}"),
            Parallel(
                (
                    entities(("media", EACH, film), subgraph="films"),
                    entities(("matrix", EACH, EACH)),
                )
            ),
        )
    )
    source = FakeSubgraph(
        {
            "data": {
                "media": [{"__typename": "Book", "id": "1"}, {"__typename": "Film", "id": "2"}],
                "matrix": [[product("1"), None], None, [product("2")]],
            }
        }
    )
    films = FakeSubgraph({"data": {"e": [{"minutes": 90}]}})
    query = "{ media { id ... on Film { minutes } ... on Book { pages } } matrix { stock } }"
    result = await answer(
        SCHEMA, plan(SCHEMA, query, node), products=source, films=films, stock=FakeSubgraph(stock)
    )
    assert films.calls[0].variables == {"r": [{"__typename": "Film", "id": "2"}]}
    assert result["data"] == {
        "media": [{"id": "1", "pages": None}, {"id": "2", "minutes": 90}],
        "matrix": [[{"stock": 10}, None], None, [{"stock": 20}]],
    }


async def test_roots_of_two_subgraphs_merge_deeply() -> None:
    node = Parallel((root("{product{id box{width}}}"), root("{product{box{height}}}", "stock")))
    result = await answer(
        SCHEMA,
        plan(SCHEMA, "{ product { id box { width height } } }", node),
        products=FakeSubgraph({"data": {"product": {"id": "1", "box": {"width": 1}}}}),
        stock=FakeSubgraph({"data": {"product": {"box": {"height": 2}}}}),
    )
    assert result == {"data": {"product": {"id": "1", "box": {"width": 1, "height": 2}}}}


async def test_a_null_from_the_second_subgraph_does_not_erase_the_first() -> None:
    node = Parallel((root("{product{id}}"), root("{product{stock}}", "stock")))
    result = await answer(
        SCHEMA,
        plan(SCHEMA, "{ product { id stock } }", node),
        products=FakeSubgraph({"data": {"product": {"id": "1"}}}),
        stock=FakeSubgraph({"data": {"product": None}}),
    )
    assert result == {"data": {"product": {"id": "1", "stock": None}}}


async def test_objects_that_share_a_representation_do_not_share_what_later_fetches_write() -> None:
    tag = EntityFetch(
        "tags",
        "query($r:[_Any!]!){t:_entities(representations:$r){tag{color}}}",
        (EntityTarget("t", "r", (("product", "box"),), (RepresentationField("__typename", "__typename"),)),),
    )
    node = Sequence(
        (
            root("{product{__typename id} products{__typename id}}"),
            entities(("product",), ("products", EACH), fields="box{__typename tag{text}}"),
            tag,
        )
    )
    result = await answer(
        SCHEMA,
        plan(
            SCHEMA, "{ product { box { tag { text color } } } products { box { tag { text color } } } }", node
        ),
        products=FakeSubgraph({"data": {"product": product("1"), "products": [product("1")]}}),
        stock=FakeSubgraph({"data": {"e": [{"box": {"__typename": "Box", "tag": {"text": "t"}}}]}}),
        tags=FakeSubgraph({"data": {"t": [{"tag": {"color": "red"}}]}}),
    )
    assert result["data"]["product"]["box"]["tag"] == {"text": "t", "color": "red"}
    assert result["data"]["products"][0]["box"]["tag"] == {"text": "t", "color": None}


async def test_a_root_fetch_can_complete_objects_inside() -> None:
    inner = root("{maker{name}}", "users", path=("products", EACH))
    node = Sequence((root("{products{__typename id}}"), inner))
    result = await answer(
        SCHEMA,
        plan(SCHEMA, "{ products { maker { name } } }", node),
        products=products("1", "2"),
        users=FakeSubgraph({"data": {"maker": {"name": "Ann"}}}),
    )
    assert result["data"]["products"] == [{"maker": {"name": "Ann"}}] * 2


@pytest.mark.parametrize(("flag", "calls"), [(True, 1), (False, 0)])
async def test_a_conditional_node_runs_only_when_its_conditions_hold(flag: bool, calls: int) -> None:
    conditions = ((Condition("with", True),),)
    node = Sequence((PRODUCTS, Conditional(conditions, entities(("products", EACH)))))
    inventory = FakeSubgraph(stock)
    shape = plan(SCHEMA, "query($with: Boolean!) { products { id stock @include(if: $with) } }", node)
    result = await answer(SCHEMA, shape, {"with": flag}, products=products("1"), stock=inventory)
    assert len(inventory.calls) == calls
    assert result["data"]["products"] == [{"id": "1", "stock": 10} if flag else {"id": "1"}]


async def test_only_variables_with_a_value_are_sent() -> None:
    source = products("1")
    node = root("query($a:Int$b:Int$c:Int){products{id}}", variables=("a", "b", "c"))
    await answer(SCHEMA, plan(SCHEMA, "{ products { id } }", node), {"a": 1, "b": None}, products=source)
    assert source.calls[0].variables == {"a": 1, "b": None}


FAILURES: list[tuple[FakeSubgraph, str]] = [
    (down(), "SUBGRAPH_UNAVAILABLE"),
    (FakeSubgraph(SubgraphTimeout()), "SUBGRAPH_TIMEOUT"),
    (FakeSubgraph(b"<html>", status=500), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph(b""), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph([1]), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"message": "not found"}, status=404), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"data": None}), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"data": "lies", "errors": []}), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"data": {"e": None}}), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"data": {"e": []}}), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"data": {"e": [7]}}), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"data": {"e": "lies"}}), "SUBGRAPH_REPLY_INVALID"),
    (FakeSubgraph({"data": None, "errors": [{"message": "no"}]}), "DOWNSTREAM_SERVICE_ERROR"),
    (FakeSubgraph({"errors": ["odd"]}), "DOWNSTREAM_SERVICE_ERROR"),
    (FakeSubgraph({"errors": "odd"}), "DOWNSTREAM_SERVICE_ERROR"),
    (FakeSubgraph({"errors": [{"message": "no", "path": ["e", 9]}]}), "DOWNSTREAM_SERVICE_ERROR"),
]


@pytest.mark.parametrize(("broken", "code"), FAILURES, ids=range(len(FAILURES)))
async def test_a_failing_subgraph_nulls_its_own_fields_only(broken: FakeSubgraph, code: str) -> None:
    result = await answer(SCHEMA, WITH_STOCK, products=products("1"), stock=broken)
    assert result["data"] == {"products": [{"id": "1", "name": "P1", "stock": None}]}
    (error,) = result["errors"]
    assert error["path"] == ["products", 0] or error["path"] == ["products"]
    assert error["extensions"] == {"code": code, "serviceName": "stock"}


async def test_why_a_subgraph_failed_is_in_the_log_and_not_in_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ready = compiled(SCHEMA, ONE_PLAN, products=FakeSubgraph(SubgraphTimeout("10.0.0.7 is silent")))
    response = await ready.execute(execution(traceparent="00-1"))
    assert b"10.0.0.7" not in response.body
    (record,) = caplog.records
    assert record.getMessage() == "subgraph products failed: 10.0.0.7 is silent"
    assert (record.name, record.__dict__["traceparent"]) == ("router.execution", "00-1")


async def test_a_failed_root_names_each_of_its_fields() -> None:
    node = Parallel((root("{product{id} alias:me{id}}"), root("{products{id}}", "stock")))
    result = await answer(
        SCHEMA,
        plan(SCHEMA, "{ product { id } alias: me { id } products { id } }", node),
        products=down(),
        stock=products("1"),
    )
    assert result["data"] == {"product": None, "alias": None, "products": [{"id": "1"}]}
    assert [error["path"] for error in result["errors"]] == [["product"], ["alias"]]


async def test_a_failed_root_does_not_name_what_the_client_skipped() -> None:
    node = root("query($no:Boolean!){product{id} me@skip(if:$no){id}}", variables=("no",))
    shape = plan(SCHEMA, "query($no: Boolean!) { product { id } me @skip(if: $no) { id } }", node)
    result = await answer(SCHEMA, shape, {"no": True}, products=down())
    assert [error["path"] for error in result["errors"]] == [["product"]]


async def test_a_null_that_a_failure_explains_is_not_reported_twice() -> None:
    node = Sequence((PRODUCTS, entities(("products", EACH), fields="price")))
    shape = plan(SCHEMA, "{ me { name } products { id price } }", node)
    result = await answer(SCHEMA, shape, products=products("1", "2"), stock=down())
    assert result["data"] == {"me": None, "products": None}
    assert [error["path"] for error in result["errors"]] == [["products"]]


async def test_a_null_that_nothing_explains_is_reported_at_its_place() -> None:
    node = Sequence((PRODUCTS, entities(("products", EACH), fields="price")))
    shape = plan(SCHEMA, "{ products { cost: price } }", node)
    silent = FakeSubgraph({"data": {"e": [{"cost": 1}, {"cost": None}]}})
    result = await answer(SCHEMA, shape, products=products("1", "2"), stock=silent)
    assert result["data"] == {"products": None}
    assert [(error["path"], error["message"]) for error in result["errors"]] == [
        (["products", 1, "cost"], "Cannot return null for non-nullable field Product.price.")
    ]


async def test_a_null_may_reach_the_root() -> None:
    shape = plan(SCHEMA, "{ strict { id } }", root("{strict{id}}"))
    result = await answer(SCHEMA, shape, products=FakeSubgraph({"data": {"strict": None}}))
    assert result["data"] is None
    assert len(result["errors"]) == 1


async def test_error_paths_are_the_clients_one_for_each_place_that_shared_a_representation() -> None:
    inventory = FakeSubgraph(
        {
            "data": {"e": [{"amount": 1}, {"amount": None}]},
            "errors": [{"message": "no count", "path": ["e", 1, "amount"], "locations": [{"line": 1}]}],
        }
    )
    shape = plan(SCHEMA, "{ products { amount: stock } }", TWO_STEPS)
    result = await answer(SCHEMA, shape, products=products("1", "2", "2"), stock=inventory)
    assert result["errors"] == [
        {
            "message": "no count",
            "path": ["products", index, "amount"],
            "extensions": {"code": "DOWNSTREAM_SERVICE_ERROR", "serviceName": "stock"},
        }
        for index in (1, 2)
    ]


async def test_an_error_below_what_the_client_selected_keeps_the_part_it_knows() -> None:
    source = FakeSubgraph(
        {"data": {"product": None}, "errors": [{"message": "no", "path": ["product", "secretKey"]}]}
    )
    shape = plan(SCHEMA, "{ product { name } }", root("{product{name secretKey}}"))
    result = await answer(SCHEMA, shape, products=source)
    assert result["errors"][0]["path"] == ["product"]


async def test_extensions_pass_but_stack_traces_do_not() -> None:
    told = {"code": "OUT_OF_STOCK", "left": 3, "exception": {"stacktrace": ["x"]}, "stacktrace": "x"}
    source = FakeSubgraph(
        {"data": {"product": None}, "errors": [{"message": "sold", "path": ["product"], "extensions": told}]}
    )
    shape = plan(SCHEMA, "{ product { name } }", root("{product{name}}"))
    result = await answer(SCHEMA, shape, products=source)
    assert result["errors"][0]["message"] == "sold"
    assert result["errors"][0]["extensions"] == {"code": "OUT_OF_STOCK", "left": 3, "serviceName": "products"}


async def test_messages_of_subgraphs_can_be_masked() -> None:
    source = FakeSubgraph({"errors": [{"message": "SELECT *", "extensions": {"code": "SQL", "q": 1}}]})
    shape = plan(SCHEMA, "{ product { name } }", root("{product{name}}"))
    strict = compile_plan(
        shape, SCHEMA, {"products": Exchange("products", source)}, pass_subgraph_messages=False
    )
    (error,) = decoded(await strict.execute(execution()))["errors"]
    assert "SELECT" not in str(error)
    assert error["extensions"] == {"code": "DOWNSTREAM_SERVICE_ERROR", "serviceName": "products"}


class HeldSubgraph:
    """Answers only when it is let go."""

    def __init__(self, reply: bytes) -> None:
        self.gate = asyncio.Event()
        self.calls = 0
        self.asked = asyncio.Event()
        self._reply = reply

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        self.calls += 1
        self.asked.set()
        await self.gate.wait()
        return SubgraphReply(200, "application/json", self._reply, {})

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> Any:
        raise NotImplementedError

    async def aclose(self) -> None:
        """Nothing is open."""


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


ONE = b'{"data":{"product":{"id":"1"}}}'
ONE_PLAN = plan(SCHEMA, "{ product { id } }", root("{product{id}}"))


async def test_equal_queries_in_flight_are_sent_once() -> None:
    held = HeldSubgraph(ONE)
    ready = compiled(SCHEMA, ONE_PLAN, products=held)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ready.execute(execution())) for _ in range(3)]
        other = group.create_task(ready.execute(execution(authorization="other")))
        await _settle()
        held.gate.set()
    assert held.calls == 2
    assert {task.result().body for task in [*tasks, other]} == {ONE}


async def test_who_shared_a_call_survives_the_cancellation_of_its_sender() -> None:
    held = HeldSubgraph(ONE)
    ready = compiled(SCHEMA, ONE_PLAN, products=held)
    first = asyncio.create_task(ready.execute(execution()))
    second = asyncio.create_task(ready.execute(execution()))
    await _settle()
    first.cancel()
    held.gate.set()
    assert (await second).body == ONE
    assert held.calls == 2


async def test_mutations_run_in_order_and_are_never_shared_nor_repeated() -> None:
    order: list[str] = []

    def answering(field: str) -> FakeSubgraph:
        def reply(variables: dict[str, Any]) -> Any:
            order.append(field)
            return {"data": {field: len(order)}}

        return FakeSubgraph(reply)

    first, second = answering("first"), answering("second")
    node = Sequence(
        (
            RootFetch("a", OperationKind.MUTATION, "mutation{first}"),
            RootFetch("b", OperationKind.MUTATION, "mutation{second}"),
        )
    )
    ready = compiled(SCHEMA, plan(SCHEMA, "mutation { first second }", node), a=first, b=second)
    responses = await asyncio.gather(ready.execute(execution()), ready.execute(execution()))
    assert [len(first.calls), len(second.calls)] == [2, 2]
    assert order[0] == "first"
    assert sum(decoded(each)["data"]["first"] for each in responses) == sum(
        index + 1 for index, name in enumerate(order) if name == "first"
    )
    assert not any(call.idempotent for call in [*first.calls, *second.calls])


async def test_entities_after_a_mutation_are_never_those_asked_for_before_it() -> None:
    held = HeldSubgraph(b'{"data":{"e":[{"stock":1}]}}')
    reading = compiled(SCHEMA, WITH_STOCK, products=products("1"), stock=held)
    mutation = Sequence(
        (RootFetch("products", OperationKind.MUTATION, "mutation{rename{id}}"), entities(("rename",)))
    )
    renamed = FakeSubgraph({"data": {"rename": product("1")}})
    writing = compiled(
        SCHEMA, plan(SCHEMA, "mutation { rename { stock } }", mutation), products=renamed, stock=held
    )
    async with asyncio.TaskGroup() as group:
        for ready in (reading, reading, writing):
            group.create_task(ready.execute(execution()))
        await _settle()
        held.gate.set()
    assert held.calls == 2


async def test_each_event_of_a_subscription_is_completed() -> None:
    source = FakeSubgraph(
        None,
        events=[
            {"data": {"sold": product("1", name="a")}},
            {"data": {"sold": None}, "errors": [{"message": "gone", "path": ["sold"]}]},
            {"data": {"sold": product("2", name="b")}},
        ],
    )
    node = Subscribe(
        RootFetch("products", OperationKind.SUBSCRIPTION, "subscription{sold{__typename id name}}"),
        entities(("sold",)),
    )
    shape = plan(SCHEMA, "subscription { sold { name stock } }", node)
    ready = compiled(SCHEMA, shape, products=source, stock=FakeSubgraph(stock))
    events = [decoded(response) async for response in ready.events(execution)]
    assert [event["data"]["sold"] for event in events] == [
        {"name": "a", "stock": 10},
        None,
        {"name": "b", "stock": 20},
    ]
    assert events[1]["errors"][0]["path"] == ["sold"]


async def test_a_broken_source_ends_with_an_event_that_says_so() -> None:
    broken = FakeSubgraph(None, events=[{"data": {"sold": product("1")}}, SubgraphTimeout("late")])
    node = Subscribe(RootFetch("products", OperationKind.SUBSCRIPTION, "subscription{sold{id}}"), None)
    ready = compiled(SCHEMA, plan(SCHEMA, "subscription { sold { id } }", node), products=broken)
    events = [decoded(response) async for response in ready.events(execution)]
    assert events[0] == {"data": {"sold": {"id": "1"}}}
    assert events[1]["errors"][0]["extensions"]["code"] == "SUBGRAPH_TIMEOUT"


async def test_a_stream_that_is_left_early_is_closed() -> None:
    source = FakeSubgraph(None, events=[{"data": {"sold": product(str(index))}} for index in range(9)])
    node = Subscribe(RootFetch("products", OperationKind.SUBSCRIPTION, "subscription{sold{id}}"), None)
    ready = compiled(SCHEMA, plan(SCHEMA, "subscription { sold { id } }", node), products=source)
    events = ready.events(execution)
    await anext(events)
    await events.aclose()
    assert source.streams_ended == 1


async def test_a_passed_deadline_sends_nothing() -> None:
    source = products("1")
    ready = compiled(SCHEMA, WITH_STOCK, products=source, stock=FakeSubgraph(stock))
    late = execution()
    late.context.deadline = asyncio.get_running_loop().time() - 1
    result = decoded(await ready.execute(late))
    assert result["errors"][0]["extensions"]["code"] == "SUBGRAPH_TIMEOUT"
    assert source.calls == []


def test_a_plan_for_an_unknown_subgraph_is_refused() -> None:
    with pytest.raises(RouterMisconfigured, match="stock"):
        compiled(SCHEMA, WITH_STOCK, products=products("1"))


async def test_a_cancelled_answer_cancels_all_its_branches() -> None:
    held = [HeldSubgraph(ONE), HeldSubgraph(ONE)]
    node = Parallel((root("{product{id}}"), root("{product{stock}}", "stock")))
    shape = plan(SCHEMA, "{ product { id stock } }", node)
    ready = compiled(SCHEMA, shape, products=held[0], stock=held[1])
    answering = asyncio.create_task(ready.execute(execution()))
    await _settle()
    assert [each.calls for each in held] == [1, 1]
    answering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await answering
    await _settle()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("typename", [None, 5, {"a": 1}, ["x"]])
async def test_a_typename_that_is_none_does_no_harm(typename: Any) -> None:
    target = EntityTarget("e", "r", (("products", EACH),), KEY_ID, {"Product": "Thing"})
    node = Sequence((PRODUCTS, EntityFetch("stock", "query($r:[_Any!]!){e}", (target,))))
    source = FakeSubgraph({"data": {"products": [{"__typename": typename, "id": "1"}, "lies", product("2")]}})
    result = await answer(
        SCHEMA,
        plan(SCHEMA, "{ products { id } }", node),
        products=source,
        stock=FakeSubgraph(lambda variables: {"data": {"e": [None for _ in variables["r"]]}}),
    )
    assert result["data"] == {"products": None}
