"""Exports OpenTelemetry spans to a collector, on a thread of its own.

Must never hold up or fail the work that is recorded: a collector that does not answer costs spans, nothing
else. Needs the extra `telemetry`. Import it only when traces are on: the library takes 0.1 s to load.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Mapping
from typing import Final

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
    TraceFlags,
    Tracer,
    set_span_in_context,
)

from marquee_foundation.trace_context import flags, span_id, trace_id, traceparent_of

ROOT: Final = Context()
"""The parent of a span that begins a trace."""
_TRACES_PATH: Final = "/v1/traces"
_EXPORT_TIMEOUT_SECONDS: Final = 5.0
_EXPORT_EVERY_MS: Final = 1_000
_QUEUE_SIZE: Final = 8_192
_FLUSH_SECONDS: Final = 3.0


class SpanExport:
    """One exporter and its thread, for any number of services of this process. The caller closes it."""

    def __init__(self, url: str, sample_ratio: float, *, flush_seconds: float = _FLUSH_SECONDS) -> None:
        """Export to the collector at `url`, with or without the path `/v1/traces`.

        `sample_ratio`, from 0 to 1, is the share of new traces that are recorded; a trace that began
        elsewhere is recorded when its context says so. A process that forks makes this after the fork.
        """
        # The library warns about each batch that the collector does not take; its errors are enough.
        logging.getLogger("opentelemetry").setLevel(logging.ERROR)
        self._exporter = OTLPSpanExporter(endpoint=_traces_endpoint(url), timeout=_EXPORT_TIMEOUT_SECONDS)
        self._processor = BatchSpanProcessor(
            self._exporter, max_queue_size=_QUEUE_SIZE, schedule_delay_millis=_EXPORT_EVERY_MS
        )
        self._sampler = ParentBased(TraceIdRatioBased(sample_ratio))
        self._flush_seconds = flush_seconds

    def tracer(self, name: str, resource: Mapping[str, str]) -> Tracer:
        """Return a tracer called `name` whose spans carry `resource`, for example `service.name`."""
        provider = TracerProvider(
            sampler=self._sampler, resource=Resource.create(dict(resource)), shutdown_on_exit=False
        )
        provider.add_span_processor(self._processor)
        return provider.get_tracer(name)

    async def aclose(self) -> None:
        """Export the spans that are queued, for `flush_seconds` at most; drop the rest."""
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def flush() -> None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(done.set)

        threading.Thread(target=flush, name="flush-spans", daemon=True).start()
        try:
            async with asyncio.timeout(self._flush_seconds):
                await done.wait()
        except TimeoutError:
            self._exporter.shutdown()  # type: ignore[no-untyped-call]  # ends its retries, and the thread


def context_of(traceparent: str) -> Context:
    """Return the OpenTelemetry context of a valid trace context: the parent of spans that continue it."""
    context = SpanContext(
        int(trace_id(traceparent), 16),
        int(span_id(traceparent), 16),
        is_remote=True,
        trace_flags=TraceFlags(flags(traceparent)),
    )
    return set_span_in_context(NonRecordingSpan(context), ROOT)


def span_traceparent(span: Span) -> str:
    """Return the trace context that makes other work a child of `span`."""
    context = span.get_span_context()
    return traceparent_of(context.trace_id, context.span_id, context.trace_flags)


def _traces_endpoint(url: str) -> str:
    trimmed = url.rstrip("/")
    return trimmed if trimmed.endswith(_TRACES_PATH) else trimmed + _TRACES_PATH
