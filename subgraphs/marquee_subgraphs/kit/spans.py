"""Spans of this process by OpenTelemetry, exported to a collector off the loop.

Owns the exporter's life. Must never hold up or fail the work that it records: a collector that is away costs
spans, nothing else. Import it only when traces are on, for the library takes a tenth of a second to load.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Mapping
from contextvars import Token
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
    Tracer,
    set_span_in_context,
)

from marquee_subgraphs.kit.trace import current_trace

Attributes = Mapping[str, str | int]

_TRACES_PATH: Final = "/v1/traces"
_EXPORT_TIMEOUT_SECONDS: Final = 5.0
_EXPORT_EVERY_MS: Final = 1_000
_QUEUE_SIZE: Final = 8_192
_FLUSH_SECONDS: Final = 3.0
KINDS: Final = {kind.name.lower(): kind for kind in SpanKind}


class SpanExport:
    """One exporter for all that this process records, each service under its own name."""

    def __init__(self, url: str, sample_ratio: float) -> None:
        # Its warnings come with each batch while the collector is away; errors are enough.
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        self._exporter = OTLPSpanExporter(endpoint=traces_endpoint(url), timeout=_EXPORT_TIMEOUT_SECONDS)
        self._processor = BatchSpanProcessor(
            self._exporter,
            max_queue_size=_QUEUE_SIZE,
            schedule_delay_millis=_EXPORT_EVERY_MS,
        )
        self._sampler = ParentBased(TraceIdRatioBased(sample_ratio))

    def tracer(self, service: str) -> Tracer:
        """What starts spans of `service`."""
        provider = TracerProvider(
            sampler=self._sampler,
            resource=Resource.create({"service.name": service, "service.namespace": "marquee"}),
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._processor)
        return provider.get_tracer("marquee")

    async def close(self) -> None:
        """Export what waits, for three seconds at most; then it is dropped."""
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def flush() -> None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

        thread = threading.Thread(target=flush, name="flush-spans", daemon=True)
        thread.start()
        try:
            async with asyncio.timeout(_FLUSH_SECONDS):
                await done.wait()
        except TimeoutError:
            self._exporter.shutdown()  # type: ignore[no-untyped-call]  # ends its retries, and the thread


def traces_endpoint(url: str) -> str:
    """Where traces are posted, given the collector's address with or without the path."""
    return url if url.rstrip("/").endswith(_TRACES_PATH) else url.rstrip("/") + _TRACES_PATH


class Recording:
    """A span from `with` to its end; inside it is the trace at hand, unless it is started `aside`."""

    __slots__ = ("_aside", "_span", "_token")

    def __init__(
        self, tracer: Tracer, name: str, kind: str, parent: str, attributes: Attributes, *, aside: bool
    ) -> None:
        self._span: Span = tracer.start_span(
            name, _context_of(parent), kind=KINDS[kind], attributes=dict(attributes)
        )
        self._aside = aside
        self._token: Token[str | None] | None = None

    def note(self, **attributes: str | int) -> None:
        """Add attributes; dots are written as `__`."""
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)

    def fail(self, kind: str) -> None:
        """Mark the span as failed, by a word that says how; never by a message, which may hold data."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))

    def __enter__(self) -> Self:
        if not self._aside:
            context = self._span.get_span_context()
            self._token = current_trace.set(
                f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            current_trace.reset(self._token)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()


def _context_of(traceparent: str) -> Context:
    context = SpanContext(
        int(traceparent[3:35], 16),
        int(traceparent[36:52], 16),
        is_remote=True,
        trace_flags=TraceFlags(int(traceparent[53:], 16)),
    )
    return set_span_in_context(NonRecordingSpan(context))
