"""Spans of the router by OpenTelemetry: one per operation, its phases, and one per subgraph call.

Must never hold up or fail a request, nor record a document, a variable or a client's text. Import it only
when traces are on, for the library takes a tenth of a second to load.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import Tracer as OpenTelemetry

from marquee_router.config.model import Telemetry
from marquee_router.observability.tracing import FetchSpan, OperationSpan, TraceContext, is_traceparent

_TRACES_PATH: Final = "/v1/traces"
_EXPORT_TIMEOUT_SECONDS: Final = 5.0
_EXPORT_EVERY_MS: Final = 1_000
_QUEUE_SIZE: Final = 8_192
_FLUSH_SECONDS: Final = 3.0
_NOTHING: Final = Context()
_SAMPLED: Final = frozenset("13579bdf")


class OpenTelemetryTracer(TraceContext):
    """Implements `Tracer` over a tracer that somebody else opened and closes; None: opened later."""

    records = True

    def __init__(self, tracer: OpenTelemetry | None, *, accept: bool) -> None:
        super().__init__(accept=accept)
        self._tracer = tracer

    def outgoing(self, traceparent: str | None) -> str:
        """As without a library, but with the word that nothing is recorded."""
        return super().outgoing(traceparent)[:-2] + "00"

    def operation(self, headers: Mapping[str, str]) -> OperationSpan | None:
        """Begin an operation; the sampler decides whether it is recorded."""
        if self._tracer is None:
            return None
        given = headers.get("traceparent") if self._accept else None
        above = _context_of(given) if given is not None and is_traceparent(given) else _NOTHING
        span = self._tracer.start_span("operation", above, kind=SpanKind.SERVER)
        return _Operation(self._tracer, span) if span.is_recording() else None

    def fetch(self, subgraph: str, headers: Mapping[str, str]) -> FetchSpan | None:
        """Begin a call below the operation whose headers these are."""
        above = headers.get("traceparent")
        if self._tracer is None or above is None or above[-1] not in _SAMPLED:
            return None
        span = self._tracer.start_span(
            f"fetch {subgraph}",
            _context_of(above),
            kind=SpanKind.CLIENT,
            attributes={"graphql.subgraph.name": subgraph},
        )
        return _Fetch(span)


class OtlpTracer(OpenTelemetryTracer):
    """The same, with an exporter of its own."""

    def __init__(self, settings: Telemetry) -> None:
        super().__init__(None, accept=settings.accept_traceparent)
        self._settings = settings
        self._exporter: OTLPSpanExporter | None = None
        self._processor: BatchSpanProcessor | None = None

    def open(self) -> None:
        """Make the exporter and its thread, which no fork would survive."""
        settings = self._settings
        assert settings.otlp_url is not None
        url = settings.otlp_url.rstrip("/")
        # Its warnings come with each batch while the collector is away; errors are enough.
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        self._exporter = OTLPSpanExporter(
            endpoint=url if url.endswith(_TRACES_PATH) else url + _TRACES_PATH,
            timeout=_EXPORT_TIMEOUT_SECONDS,
        )
        self._processor = BatchSpanProcessor(
            self._exporter, max_queue_size=_QUEUE_SIZE, schedule_delay_millis=_EXPORT_EVERY_MS
        )
        provider = TracerProvider(
            sampler=ParentBased(TraceIdRatioBased(settings.sample_ratio)),
            resource=Resource.create({"service.name": settings.service_name}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("marquee.router")

    async def aclose(self) -> None:
        """Export what waits, for three seconds at most; then it is dropped."""
        processor, exporter = self._processor, self._exporter
        if processor is None or exporter is None:
            return
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def flush() -> None:
            processor.shutdown()  # type: ignore[no-untyped-call]
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=flush, name="flush-spans", daemon=True).start()
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await done.wait()
        except TimeoutError:
            exporter.shutdown()  # type: ignore[no-untyped-call]  # ends its retries, and the thread


class _Operation:
    """The span of an operation, and the one of its execution within."""

    __slots__ = ("_execution", "_span", "_tracer", "traceparent")

    def __init__(self, tracer: OpenTelemetry, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._execution: Span | None = None
        self.traceparent = _traceparent(span)

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
        self.traceparent = _traceparent(self._execution)

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
        self.traceparent = _traceparent(span)

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


def _traceparent(span: Span) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


def _context_of(traceparent: str) -> Context:
    context = SpanContext(
        int(traceparent[3:35], 16),
        int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[53:], 16)),
    )
    return set_span_in_context(NonRecordingSpan(context), _NOTHING)
