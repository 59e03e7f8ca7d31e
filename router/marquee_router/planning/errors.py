"""The errors of planning, as one tree. Owns one error for each reason.

PlanningError
├── NormalisationError      the document: unknown operation, type or fragment
├── TooComplexError         a bound was reached: depth, selections, conditions, ways, fields
├── NoPathError             a field that no subgraph can answer where it is selected
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
    """The document has no such operation, or one that validation would have refused."""


class TooComplexError(PlanningError):
    """Planning would take too long; the operation is refused, the process stays responsive."""

    code = "QUERY_TOO_COMPLEX"

    def __init__(self, message: str, maximum: int | None = None) -> None:
        super().__init__(message)
        self.maximum = maximum
        """The number of ways that was exceeded; None for another bound."""


class NoPathError(PlanningError):
    """No subgraph can answer a field where the operation selects it; `path` are response keys."""

    def __init__(self, message: str, path: tuple[str, ...]) -> None:
        super().__init__(message)
        self.path = path


class FetchGraphError(PlanningError):
    """The chosen fetches need one another in a circle, or the supergraph contradicts itself."""
