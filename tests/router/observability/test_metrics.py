"""Metrics count operations and subgraph calls, and clients cannot grow their series."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_router.observability.metrics import Metrics
from marquee_router.planning.plan import OperationKind
from marquee_router.request import RequestContext
from tests.router.transport.driving import call, post
from tests.router.transport.fake import fake_app
from tests.router.transport.graph import graph


async def test_metrics_count_operations_and_subgraph_calls() -> None:
    running = graph()
    await post(running.app, "query Me { me { name } }")
    await post(running.app, "{")
    text = (await call(running.app, "GET", "/metrics")).body.decode()
    assert 'router_requests_total{kind="query",operation="Me",outcome="ok"} 1.0' in text
    assert 'router_refusals_total{code="GRAPHQL_PARSE_FAILED"} 1.0' in text
    assert 'router_subgraph_seconds_count{outcome="ok",subgraph="people"} 1.0' in text
    assert "router_websockets 0.0" in text


CONTEXT = RequestContext({})


@dataclass
class Executed:
    name: str | None
    kind: OperationKind = OperationKind.QUERY


def test_clients_cannot_grow_the_series() -> None:
    metrics = Metrics(max_operation_names=2)
    for number in range(50):
        metrics.answered(Executed(f"Name{number}"), CONTEXT, "ok", 0.01)
    metrics.answered(Executed(None), CONTEXT, "ok", 0.01)
    text = metrics.exposition().decode()
    assert text.count("router_requests_total{") == 4
    assert 'operation="(other)",outcome="ok"} 48.0' in text
    assert 'operation="(anonymous)",outcome="ok"} 1.0' in text


async def test_metrics_can_be_switched_off() -> None:
    app, _ = fake_app({"metrics": {"enabled": False}})
    assert (await call(app, "GET", "/metrics")).status == 404
