"""A collector that does not answer delays nothing, and the context of a parent decides."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from marquee_foundation.span_export import SpanExport, context_of, span_traceparent
from marquee_foundation.trace_context import is_sampled, trace_id

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def silent_collector() -> Iterator[str]:
    """It takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


async def test_a_silent_collector_holds_up_no_end(silent_collector: str) -> None:
    export = SpanExport(silent_collector, 1.0, flush_seconds=0.2)
    export.tracer("shop", {"service.name": "shop"}).start_span("work").end()
    async with asyncio.timeout(2):
        await export.aclose()


async def test_a_trace_that_began_elsewhere_is_continued_as_its_context_says(silent_collector: str) -> None:
    export = SpanExport(silent_collector, 0.0, flush_seconds=0.0)
    tracer = export.tracer("shop", {"service.name": "shop"})
    continued = tracer.start_span("work", context_of(PARENT))
    assert continued.is_recording()
    assert trace_id(span_traceparent(continued)) == trace_id(PARENT)
    assert is_sampled(span_traceparent(continued))
    assert not tracer.start_span("work").is_recording()
    await export.aclose()
