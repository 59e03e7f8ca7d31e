"""Which labels of progressive overrides are on. Owns the meaning of `percent(N)`; never draws numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_PERCENT = re.compile(r"^percent\((?P<share>\d+(?:\.\d+)?)\)$")


def percentage(label: str) -> float | None:
    """The percentage of requests, 0 to 100, of a `percent(N)` label; None for a label of another kind."""
    match = _PERCENT.match(label)
    return float(match["share"]) if match is not None else None


def enabled_labels(
    labels: Iterable[str], draw: Callable[[], float], is_enabled: Callable[[str], bool | None] | None = None
) -> frozenset[str]:
    """The labels that are on for one request.

    `is_enabled` (settings, or a hook) decides first. Where it returns None, a percentage is compared with
    `draw()`, a number from 0 up to 100: `percent(5)` is on for a draw of 4.9. Any other label is off.
    """
    found: set[str] = set()
    for label in labels:
        decided = is_enabled(label) if is_enabled is not None else None
        if decided is None:
            share = percentage(label)
            decided = share is not None and draw() < share
        if decided:
            found.add(label)
    return frozenset(found)
