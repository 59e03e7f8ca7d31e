"""The hooks that the core calls, and what it passes to them. Protocols, and one small clock.

The core (planning, execution, engine, transport) imports no telemetry library and no module of
`observability`: that package implements these protocols, and `app` hands the implementations over. Where no
hook is set, nothing is measured.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

from marquee_router.request import OperationSpan, RequestContext


class ExecutedOperation(Protocol):
    """A query or mutation that was executed. The core passes its own record: none is made for hooks."""

    @property
    def name(self) -> str | None: ...

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        ...


class OperationHook(Protocol):
    """Observes the operations of clients. Its methods must neither block nor raise."""

    def answered(
        self, operation: ExecutedOperation, context: RequestContext, outcome: str, seconds: float
    ) -> None:
        """A query or mutation was executed.

        `outcome` is `ok`, `errors` (the response has some), `refused` (before execution) or `fault`.
        """
        ...

    def refused(self, code: str) -> None:
        """A request was refused before execution, with this error code."""
        ...

    def subscribed(self, name: str | None) -> None:
        """A client subscribed by an operation of this name."""
        ...


class PhaseTimes:
    """Measures the phases of one preparation."""

    __slots__ = ("_since", "done")

    def __init__(self) -> None:
        self._since = time.time_ns()
        self.done: list[tuple[str, int, int]] = []
        """Name, begin and end of each phase; times in nanoseconds since the epoch."""

    def end(self, phase: str) -> None:
        """End a phase; the next one begins here."""
        now = time.time_ns()
        self.done.append((phase, self._since, now))
        self._since = now


class PreparationHook(Protocol):
    """Observes how operations become ready to run. Its methods must neither block nor raise."""

    def reused(self) -> None:
        """An operation was in the cache."""
        ...

    def prepared(self, phases: PhaseTimes) -> None:
        """An operation was parsed, validated and planned; or refused on the way."""
        ...


class FetchSpan(Protocol):
    """Records one subgraph call in a trace; `with` begins and ends it."""

    @property
    def traceparent(self) -> str:
        """The trace context of the call, for the subgraph."""
        ...

    def answered(self, status: int) -> None:
        """Record the HTTP status of the subgraph's response."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Tracer(Protocol):
    """Starts the spans of client operations and of subgraph calls."""

    @property
    def records(self) -> bool:
        """False if no operation is ever recorded: then the other methods need not be called for one."""
        ...

    def outgoing(self, traceparent: str | None) -> str:
        """The `traceparent` for subgraphs of an operation that is not recorded, given the client's own."""
        ...

    def operation(self, headers: Mapping[str, str]) -> OperationSpan | None:
        """Begin to record a client operation with these headers; None if this one is not recorded."""
        ...

    def fetch(self, subgraph: str, headers: Mapping[str, str]) -> FetchSpan | None:
        """Begin to record a subgraph call with these headers; None if its operation is not recorded."""
        ...

    def open(self) -> None:
        """Start to export spans. Called in the process and on the event loop that serve."""
        ...

    async def aclose(self) -> None:
        """Export the remaining spans within a few seconds, and stop."""
        ...
