"""What an operator sees, and what nobody must."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field

import pytest

from marquee_foundation.logs import JsonFormatter
from marquee_foundation.trace_context import trace_id
from marquee_router.observability.metrics import Metrics
from marquee_router.observability.tracing import TraceContext
from marquee_router.planning.plan import OperationKind
from marquee_router.request import RequestContext
from tests.router.transport.driving import call, post
from tests.router.transport.fake import fake_app
from tests.router.transport.graph import graph

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_trace_is_continued_with_a_new_span() -> None:
    outgoing = TraceContext().outgoing(PARENT)
    assert trace_id(outgoing) == trace_id(PARENT)
    assert outgoing[36:52] != PARENT[36:52]
    assert outgoing.endswith("-01")


@pytest.mark.parametrize(
    "traceparent",
    [None, "", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01", PARENT.upper(), PARENT + "-x"],
)
def test_what_is_no_trace_begins_a_new_one(traceparent: str | None) -> None:
    outgoing = TraceContext().outgoing(traceparent)
    assert len(outgoing) == 55
    assert trace_id(outgoing) != trace_id(PARENT)


async def test_subgraphs_receive_the_clients_trace() -> None:
    running = graph({"telemetry": {"accept_traceparent": True}})
    await post(running.app, "{ me { name } }", headers={"traceparent": PARENT})
    sent = running.subgraphs["people"].headers[0]["traceparent"]
    assert trace_id(sent) == trace_id(PARENT)


async def test_a_clients_trace_is_its_own_affair_unless_it_is_accepted() -> None:
    running = graph()
    await post(running.app, "{ me { name } }", headers={"traceparent": PARENT})
    sent = running.subgraphs["people"].headers[0]["traceparent"]
    assert trace_id(sent) != trace_id(PARENT)


async def test_metrics_count_operations_and_subgraph_calls() -> None:
    running = graph()
    await post(running.app, "query Me { me { name } }")
    await post(running.app, "{")
    text = (await call(running.app, "GET", "/metrics")).body.decode()
    assert 'router_requests_total{kind="query",operation="Me",outcome="ok"} 1.0' in text
    assert 'router_refusals_total{code="GRAPHQL_PARSE_FAILED"} 1.0' in text
    assert 'router_subgraph_seconds_count{outcome="ok",subgraph="people"} 1.0' in text
    assert "router_websockets 0.0" in text


@dataclass
class Executed:
    name: str | None
    kind: OperationKind = OperationKind.QUERY
    context: RequestContext = field(default_factory=lambda: RequestContext({}))


def test_clients_cannot_grow_the_series() -> None:
    metrics = Metrics(max_operation_names=2)
    for number in range(50):
        metrics.answered(Executed(f"Name{number}"), "ok", 0.01)
    metrics.answered(Executed(None), "ok", 0.01)
    text = metrics.exposition().decode()
    assert text.count("router_requests_total{") == 4
    assert 'operation="(other)",outcome="ok"} 48.0' in text
    assert 'operation="(anonymous)",outcome="ok"} 1.0' in text


async def test_metrics_can_be_switched_off() -> None:
    app, _ = fake_app({"metrics": {"enabled": False}})
    assert (await call(app, "GET", "/metrics")).status == 404


async def test_health_is_always_told_and_readiness_only_while_serving() -> None:
    app, _ = fake_app()
    assert (await call(app, "GET", "/health")).status == 200
    assert (await call(app, "GET", "/ready")).status == 503


def test_a_json_line_carries_what_the_record_says() -> None:
    record = logging.makeLogRecord(
        {"name": "marquee_router.http", "levelname": "ERROR", "msg": "it %s", "args": ("broke",)}
    )
    record.trace_id = "abc"
    line = json.loads(JsonFormatter().format(record))
    assert line["message"] == "it broke"
    assert (line["level"], line["logger"], line["trace_id"]) == ("error", "marquee_router.http", "abc")
    assert line["time"].endswith("+00:00")
