"""The trace context of a client is continued towards subgraphs, if the settings accept it."""

from __future__ import annotations

import pytest

from marquee_foundation.trace_context import trace_id
from marquee_router.observability.tracing import TraceContext
from tests.router.transport.driving import post
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
