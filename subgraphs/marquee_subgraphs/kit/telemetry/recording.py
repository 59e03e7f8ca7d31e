"""A recorded span, by OpenTelemetry. Import it only when traces are on: the library loads slowly."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import Token
from types import TracebackType
from typing import Final, Self, TypeAlias

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer

from marquee_foundation.span_export import context_of, span_traceparent
from marquee_subgraphs.kit.trace import current_trace

Attributes: TypeAlias = Mapping[str, str | int]
KINDS: Final = {kind.name.lower(): kind for kind in SpanKind}


class Recording:
    """A span that lasts as long as its `with` block. Spans opened inside are its children, unless `aside`."""

    __slots__ = ("_aside", "_span", "_token")

    def __init__(
        self, tracer: Tracer, name: str, kind: str, parent: str, attributes: Attributes, *, aside: bool
    ) -> None:
        self._span: Span = tracer.start_span(
            name, context_of(parent), kind=KINDS[kind], attributes=dict(attributes)
        )
        self._aside = aside
        self._token: Token[str | None] | None = None

    def note(self, **attributes: str | int) -> None:
        """Add attributes; `__` stands for a dot."""
        for name, value in attributes.items():
            self._span.set_attribute(name.replace("__", "."), value)

    def fail(self, kind: str) -> None:
        """Mark the span as failed, by a word that says how; never by a message, which may contain data."""
        self._span.set_attribute("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR))

    def __enter__(self) -> Self:
        if not self._aside:
            self._token = current_trace.set(span_traceparent(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            current_trace.reset(self._token)
        if kind is not None:
            self.fail(kind.__name__)
        self._span.end()
