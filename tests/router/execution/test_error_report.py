"""Failures stay where they happen: what is lost, what is said of it, and at which path."""

from __future__ import annotations

import pytest

from marquee_router.errors import SubgraphTimeout
from marquee_router.execution.compiled_plan import compile_plan
from marquee_router.execution.exchange import Exchange
from marquee_router.planning.plan import (
    Parallel,
    Sequence,
)
from tests.router.execution.fake_subgraph import FakeSubgraph, answer, compiled, decoded, down, execution
from tests.router.execution.shapes import plan
from tests.router.execution.shop import (
    EACH,
    ONE_PLAN,
    PRODUCTS,
    SCHEMA,
    TWO_STEPS,
    WITH_STOCK,
    entities,
    products,
    root,
)

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


TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def test_why_a_subgraph_failed_is_in_the_log_and_not_in_the_answer(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ready = compiled(SCHEMA, ONE_PLAN, products=FakeSubgraph(SubgraphTimeout("10.0.0.7 is silent")))
    response = await ready.execute(execution(traceparent=TRACEPARENT))
    assert b"10.0.0.7" not in response.body
    (record,) = caplog.records
    assert record.getMessage() == "subgraph products failed: 10.0.0.7 is silent"
    assert (record.name, record.__dict__["trace_id"]) == ("marquee_router.execution", TRACEPARENT[3:35])


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
