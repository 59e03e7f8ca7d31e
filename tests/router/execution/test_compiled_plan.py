"""Plans run as written: order, representations, merging, conditions, and failures that stay where they
happen."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from marquee_router.errors import RouterMisconfigured, SubgraphTimeout
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.planning.plan import (
    Condition,
    Conditional,
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
from tests.router.execution.fake_subgraph import FakeSubgraph, answer, compiled, decoded, execution
from tests.router.execution.shapes import KEY_ID, plan
from tests.router.execution.shop import (
    EACH,
    ONE_PLAN,
    PRODUCTS,
    SCHEMA,
    TWO_STEPS,
    WITH_STOCK,
    entities,
    product,
    products,
    root,
    stock,
)


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
        raise AssertionError("no test subscribes here")

    async def aclose(self) -> None:
        """Nothing is open."""


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


ONE = b'{"data":{"product":{"id":"1"}}}'


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
