"""Why an operation could not be planned, as one tree; owns one error per stage.

PlanningError
├── NormalisationError      the operation itself: unknown operation, cyclic fragments
├── TooComplexError         a bound was reached: depth, selections, alternatives of conditions, positions
├── NoPathError             some field cannot be reached from any subgraph
└── FetchGraphError         the chosen paths cannot be made into fetches (a contradiction in the supergraph)
"""

from __future__ import annotations

from typing import ClassVar

from marquee_foundation.errors import MarqueeError


class PlanningError(MarqueeError):
    """The operation cannot be planned; `message` may be shown to clients."""

    code: ClassVar[str] = "QUERY_PLANNING_FAILED"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NormalisationError(PlanningError):
    """The document holds no such operation, or one that validation would have refused."""


class TooComplexError(PlanningError):
    """Planning would take too long; the operation is refused, the process stays responsive."""

    code = "QUERY_TOO_COMPLEX"

    def __init__(self, message: str, maximum: int | None = None) -> None:
        super().__init__(message)
        self.maximum = maximum
        """Of ways, when there were more."""


class NoPathError(PlanningError):
    """No subgraph can answer a field where the operation asks for it; `path` are response keys."""

    def __init__(self, message: str, path: tuple[str, ...]) -> None:
        super().__init__(message)
        self.path = path


class FetchGraphError(PlanningError):
    """The chosen paths depend on one another in a circle, or need a field that cannot be written down."""
