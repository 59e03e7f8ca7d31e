"""The spans of an operation, as protocols that a tracing library implements.

Each request has one trace, continued towards the subgraphs. Without a library, `TraceContext` passes traces
on and records nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from marquee_foundation.trace_context import child_of, is_traceparent, new_trace


class PhaseTimes:
    """When each phase of a preparation began and ended, in nanoseconds since the epoch."""

    __slots__ = ("_since", "done")

    def __init__(self) -> None:
        self._since = time.time_ns()
        self.done: list[tuple[str, int, int]] = []

    def lap(self, phase: str) -> None:
        """The phase has ended, and the next one begins."""
        now = time.time_ns()
        self.done.append((phase, self._since, now))
        self._since = now


class OperationSpan(Protocol):
    """One client operation that is recorded."""

    @property
    def traceparent(self) -> str:
        """The context of what is done for it now."""
        ...

    def prepared(self, phases: Sequence[tuple[str, int, int]]) -> None:
        """It had to be prepared, in these phases; not told of an operation that was known."""
        ...

    def executing(self, kind: str, name: str | None) -> None:
        """It runs from here on: `traceparent` is the execution's now."""
        ...

    def end(self, outcome: str) -> None:
        """It ended: `ok`, or a word or code that says how it failed."""
        ...


class FetchSpan(Protocol):
    """One call to a subgraph that is recorded, from `with` to its end."""

    @property
    def traceparent(self) -> str:
        """Its context, for the subgraph."""
        ...

    def answered(self, status: int) -> None:
        """The subgraph answered with this HTTP status."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Tracer(Protocol):
    """Starts the spans of client operations and of subgraph calls."""

    @property
    def records(self) -> bool:
        """False when no operation is ever recorded, so that nobody need ask."""
        ...

    def outgoing(self, traceparent: str | None) -> str:
        """The `traceparent` for subgraphs, given the client's own, of an operation that is not recorded."""
        ...

    def operation(self, headers: Mapping[str, str]) -> OperationSpan | None:
        """Begin to record a client operation, given the client's headers; None: this one is not recorded."""
        ...

    def fetch(self, subgraph: str, headers: Mapping[str, str]) -> FetchSpan | None:
        """Begin to record a subgraph call, given its headers; None when its operation is not recorded."""
        ...

    def open(self) -> None:
        """Start exporting; called in the process and on the loop that serve."""
        ...

    async def aclose(self) -> None:
        """Export what is left, within seconds."""
        ...


class TraceContext:
    """Continues a valid trace with a new span id, or begins one; records nothing itself."""

    records = False

    def __init__(self, *, accept: bool = True) -> None:
        """Without `accept`, what clients send is ignored."""
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
