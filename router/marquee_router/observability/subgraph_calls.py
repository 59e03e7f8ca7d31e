"""Decorators over a subgraph transport: `MeasuredTransport` times its calls, `TracedTransport` records
them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping

from marquee_router.errors import SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport
from marquee_router.instrumentation import Tracer
from marquee_router.observability.metrics import Metrics


class TracedTransport:
    """Implements `SubgraphTransport`: records each call of a recorded operation as a span."""

    def __init__(self, name: str, inner: SubgraphTransport, tracer: Tracer) -> None:
        self._name = name
        self._inner = inner
        self._tracer = tracer
        self.subscribe = inner.subscribe
        self.aclose = inner.aclose

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request, with the span of the call as its trace context."""
        span = self._tracer.fetch(self._name, headers)
        if span is None:
            return await self._inner.fetch(body, headers, timeout_seconds, idempotent=idempotent)
        with span:
            own = {**headers, "traceparent": span.traceparent}
            reply = await self._inner.fetch(body, own, timeout_seconds, idempotent=idempotent)
            span.answered(reply.status)
            return reply


class MeasuredTransport:
    """Implements `SubgraphTransport`."""

    def __init__(self, name: str, inner: SubgraphTransport, metrics: Metrics) -> None:
        self._name = name
        self._inner = inner
        self._observe = metrics.subgraph_called

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request, and count its time and its outcome."""
        started = time.perf_counter()
        outcome = "fault"  # stays if the call is cancelled or raises anything unexpected
        try:
            reply = await self._inner.fetch(body, headers, timeout_seconds, idempotent=idempotent)
            outcome = "ok" if reply.status < 400 else "http_error"
            return reply
        except SubgraphTimeout:
            outcome = "timeout"
            raise
        except SubgraphUnavailable:
            outcome = "unavailable"
            raise
        finally:
            self._observe(self._name, outcome, time.perf_counter() - started)

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Open a subscription; streams are not timed."""
        return self._inner.subscribe(body, headers)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
