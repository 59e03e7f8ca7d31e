"""`TraceContext`: continues the client's trace towards the subgraphs, and records nothing.

It needs no tracing library. `spans.OpenTelemetryTracer` also records.
"""

from __future__ import annotations

from collections.abc import Mapping

from marquee_foundation.trace_context import child_of, is_traceparent, new_trace
from marquee_router.instrumentation import FetchSpan
from marquee_router.request import OperationSpan


class TraceContext:
    """Implements `Tracer`: continues a valid trace with a new span id, or begins one."""

    records = False

    def __init__(self, *, accept: bool = True) -> None:
        """`accept`: continue the traces of clients; otherwise each operation begins a trace."""
        self._accept = accept

    def outgoing(self, traceparent: str | None) -> str:
        """The `traceparent` for subgraphs: the client's trace id and flags, or new ones."""
        if traceparent is not None and self._accept and is_traceparent(traceparent):
            return child_of(traceparent)
        return new_trace()

    def operation(self, headers: Mapping[str, str]) -> OperationSpan | None:
        """Nothing is recorded."""

    def fetch(self, subgraph: str, headers: Mapping[str, str]) -> FetchSpan | None:
        """Nothing is recorded."""

    def open(self) -> None:
        """Nothing is exported."""

    async def aclose(self) -> None:
        """Nothing is left."""
