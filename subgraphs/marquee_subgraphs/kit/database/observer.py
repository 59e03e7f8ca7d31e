"""What a database reports its transactions and reads to. Knows no metrics and no tracing library."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class SpanOfStatements(Protocol):
    """The span of one transaction or read."""

    def note(self, **attributes: str | int) -> None:
        """Add attributes; `__` stands for a dot."""
        ...


class DatabaseObserver(Protocol):
    """Measures transactions and reads."""

    read_seconds: Callable[[float], None]
    """Takes the duration of each read."""

    @property
    def traces(self) -> bool:
        """True when the work at hand belongs to a trace whose spans are recorded."""
        ...

    def wrote(self, seconds: float, *, committed: bool) -> None:
        """Take the duration and the outcome of a transaction."""
        ...

    def span(
        self, name: str, kind: str, /, *, db__system__name: str
    ) -> AbstractContextManager[SpanOfStatements]:
        """Open a span around the statements of one transaction or read."""
        ...
