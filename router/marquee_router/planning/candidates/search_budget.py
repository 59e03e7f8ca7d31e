"""The bound on the candidate search. Owns the count of ways; each part says what it charges for."""

from __future__ import annotations

from marquee_router.planning.errors import TooComplexError


class SearchBudget:
    """How many ways through the subgraphs one search may still look at."""

    def __init__(self, max_ways: int) -> None:
        self._max_ways = self._remaining = max_ways

    def charge(self, ways: int) -> None:
        """Count ways that are looked at. Raises `TooComplexError` when they are more than `max_ways`."""
        self._remaining -= ways
        if self._remaining < 0:
            raise TooComplexError(
                f"There are more than {self._max_ways} ways through the subgraphs to answer the operation:"
                " ask for less at once",
                self._max_ways,
            )
