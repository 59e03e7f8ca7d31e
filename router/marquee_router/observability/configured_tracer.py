"""Opens the configured tracer. Must never import the tracing library while traces are off."""

from __future__ import annotations

from marquee_router.config.model import Telemetry
from marquee_router.instrumentation import Tracer
from marquee_router.observability.tracing import TraceContext


def open_tracer(settings: Telemetry) -> Tracer:
    """Return a tracer that exports to the collector, or one that only propagates traces."""
    if settings.otlp_url is None:
        return TraceContext(accept=settings.accept_traceparent)
    from marquee_router.observability.spans import OtlpTracer

    return OtlpTracer(settings)
