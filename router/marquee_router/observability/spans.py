"""Spans of the router by OpenTelemetry: one per operation, its phases, and one per subgraph call.

Must never hold up or fail a request, nor record a document, a variable or a client's text. Import it only
when traces are on, for the library takes a tenth of a second to load.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context
from opentelemetry.trace import Tracer as OpenTelemetry

from marquee_foundation.span_export import ROOT, SpanExport, context_of, span_traceparent
from marquee_foundation.trace_context import is_sampled, is_traceparent, unsampled
from marquee_router.config.model import Telemetry
from marquee_router.instrumentation import FetchSpan
from marquee_router.observability.tracing import TraceContext
from marquee_router.request import OperationSpan


class OpenTelemetryTracer(TraceContext):
    """Implements `Tracer` over an OpenTelemetry tracer, which its owner closes; None: it is opened later."""

    records = True

    def __init__(self, tracer: OpenTelemetry | None, *, accept: bool) -> None:
        super().__init__(accept=accept)
        self._tracer = tracer

    def outgoing(self, traceparent: str | None) -> str:
        """As without a library, but with the word that nothing is recorded."""
        return unsampled(super().outgoing(traceparent))

    def operation(self, headers: Mapping[str, str]) -> OperationSpan | None:
        """Begin an operation; the sampler decides whether it is recorded."""
        if self._tracer is None:
            return None
        given = headers.get("traceparent") if self._accept else None
        above = context_of(given) if given is not None and is_traceparent(given) else ROOT
        span = self._tracer.start_span("operation", above, kind=SpanKind.SERVER)
        return _Operation(self._tracer, span) if span.is_recording() else None

    def fetch(self, subgraph: str, headers: Mapping[str, str]) -> FetchSpan | None:
        """Begin a call below the operation whose headers these are."""
        above = headers.get("traceparent")
        if self._tracer is None or above is None or not is_sampled(above):
            return None
        span = self._tracer.start_span(
            f"fetch {subgraph}",
            context_of(above),
            kind=SpanKind.CLIENT,
            attributes={"graphql.subgraph.name": subgraph},
        )
        return _Fetch(span)


class OtlpTracer(OpenTelemetryTracer):
    """The same, with an exporter of its own, to the collector that the settings name."""

    def __init__(self, settings: Telemetry) -> None:
        super().__init__(None, accept=settings.accept_traceparent)
        self._settings = settings
        self._export: SpanExport | None = None

    def open(self) -> None:
        """Make the exporter, whose thread would not survive a fork."""
        settings = self._settings
        assert settings.otlp_url is not None
        self._export = SpanExport(settings.otlp_url, settings.sample_ratio)
        self._tracer = self._export.tracer("marquee.router", {"service.name": settings.service_name})

    async def aclose(self) -> None:
        """Export the spans that are queued, for a few seconds at most."""
        if self._export is not None:
            await self._export.aclose()


class _Operation:
    """The span of an operation, and the one of its execution within."""

    __slots__ = ("_execution", "_span", "_tracer", "traceparent")

    def __init__(self, tracer: OpenTelemetry, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._execution: Span | None = None
        self.traceparent = span_traceparent(span)

    def prepared(self, phases: Sequence[tuple[str, int, int]]) -> None:
        above = set_span_in_context(self._span)
        for phase, began, ended in phases:
            self._tracer.start_span(phase, above, start_time=began).end(ended)

    def executing(self, kind: str, name: str | None) -> None:
        self._span.update_name(f"{kind} {name}" if name else kind)
        self._span.set_attribute("graphql.operation.type", kind)
        if name is not None:
            self._span.set_attribute("graphql.operation.name", name)
        self._execution = self._tracer.start_span("execute", set_span_in_context(self._span))
        self.traceparent = span_traceparent(self._execution)

    def end(self, outcome: str) -> None:
        if self._execution is not None:
            self._execution.end()
        self._span.set_attribute("marquee.outcome", outcome)
        if outcome != "ok":
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


class _Fetch:
    """The span of a subgraph call."""

    __slots__ = ("_span", "traceparent")

    def __init__(self, span: Span) -> None:
        self._span = span
        self.traceparent = span_traceparent(span)

    def answered(self, status: int) -> None:
        self._span.set_attribute("http.response.status_code", status)
        if status >= 400:
            self._span.set_status(Status(StatusCode.ERROR))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._span.set_attribute("error.type", kind.__name__)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
