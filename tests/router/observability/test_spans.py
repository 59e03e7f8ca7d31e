"""What the router records of an operation, and that recording can fail nobody."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

from marquee_router.app import Extras
from marquee_router.observability.spans import OpenTelemetryTracer
from tests.router.transport.driving import post
from tests.router.transport.graph import Graph, graph

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@dataclass(frozen=True, slots=True)
class Recorded:
    """An app whose spans stay here."""

    app: Graph
    exporter: InMemorySpanExporter

    def by_name(self) -> dict[str, ReadableSpan]:
        """The spans that ended."""
        return {span.name: span for span in self.exporter.get_finished_spans()}


def recorded(*, ratio: float = 1.0, accept: bool = False) -> Recorded:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(sampler=ParentBased(TraceIdRatioBased(ratio)), shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = OpenTelemetryTracer(provider.get_tracer("test"), accept=accept)
    return Recorded(graph(extras=Extras(tracer=tracer)), exporter)


def _parent(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def _id(span: ReadableSpan) -> int:
    context = span.get_span_context()
    assert context is not None
    return context.span_id


async def test_an_operation_its_phases_and_its_calls_are_spans() -> None:
    running = recorded()
    await post(running.app.app, "query Me { me { name } }")
    spans = running.by_name()
    assert set(spans) == {"query Me", "parse", "validate", "plan", "execute", "fetch people"}
    root = spans["query Me"]
    assert _parent(root) is None
    assert {_parent(spans[name]) for name in ("parse", "validate", "plan", "execute")} == {_id(root)}
    assert _parent(spans["fetch people"]) == _id(spans["execute"])
    sent = running.app.subgraphs["people"].headers[0]["traceparent"]
    assert sent.split("-")[2] == f"{_id(spans['fetch people']):016x}"
    assert int(sent[-2:], 16) & 1, "the subgraph must record too"


async def test_what_is_known_is_not_prepared_again() -> None:
    running = recorded()
    await post(running.app.app, "query Me { me { name } }")
    running.exporter.clear()
    await post(running.app.app, "query Me { me { name } }")
    assert set(running.by_name()) == {"query Me", "execute", "fetch people"}


async def test_a_refused_operation_ends_with_its_code_and_without_its_text() -> None:
    running = recorded()
    await post(running.app.app, 'query Secret { nothing(of: "4242") }')
    (root,) = (span for span in running.by_name().values() if span.parent is None)
    assert root.attributes is not None
    assert root.attributes["marquee.outcome"] == "GRAPHQL_VALIDATION_FAILED"
    assert "4242" not in root.to_json()


async def test_a_clients_trace_is_continued_only_when_it_is_accepted() -> None:
    for accept in (True, False):
        running = recorded(accept=accept)
        await post(running.app.app, "{ me { name } }", headers={"traceparent": PARENT})
        context = running.by_name()["query"].get_span_context()
        assert context is not None
        assert (f"{context.trace_id:032x}" == PARENT[3:35]) is accept


async def test_nobody_records_what_is_not_sampled() -> None:
    running = recorded(ratio=0.0)
    await post(running.app.app, "{ me { name } }", headers={"traceparent": PARENT})
    assert running.by_name() == {}
    assert running.app.subgraphs["people"].headers[0]["traceparent"].endswith("-00")


def test_without_a_collector_the_tracing_library_is_not_loaded() -> None:
    program = (
        "import sys, marquee.cinema_server, marquee.subgraph_server, marquee_subgraphs.payments.app; "
        "from marquee_router import create_app; "
        "sys.exit(any(name.startswith('opentelemetry') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
