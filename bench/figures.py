"""Latencies and the tables they are shown in. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    index = max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))
    return ordered[index]


def milliseconds(seconds: float) -> str:
    """`12.3`: milliseconds with three significant digits or one decimal."""
    value = seconds * 1000
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def latencies(seconds: Sequence[float]) -> tuple[str, str]:
    """The p50 and p99 in milliseconds."""
    return milliseconds(percentile(seconds, 0.50)), milliseconds(percentile(seconds, 0.99))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table: the first column is text, the others are figures."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
