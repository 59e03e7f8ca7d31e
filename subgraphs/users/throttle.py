"""Slowing down guesses: failed sign-ins counted per account and per address, in memory of this process.

A bucket a subject: each failure fills it, time empties it, a full one refuses. Knowing that an account
is throttled says nothing of whether it exists.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from subgraphs.kit.refusals import RateLimited

FAILURES_PER_ACCOUNT: Final = 10
FAILURES_PER_ADDRESS: Final = 100
WINDOW: Final = timedelta(minutes=15)
"""The time in which a full bucket empties."""
_REMEMBERED: Final = 20_000


class SignInThrottle:
    """Refuses further attempts after too many failures within a window."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def check(self, email: str, address: str | None, now: datetime) -> None:
        """Raise `RateLimited` when the account or the address failed too often."""
        for name, limit in _subjects(email, address):
            surplus = self._level(name, limit, now) - (limit - 1)
            if surplus > 0:
                raise RateLimited(math.ceil(surplus * WINDOW.total_seconds() / limit))

    def failed(self, email: str, address: str | None, now: datetime) -> None:
        """Count a failure."""
        for name, limit in _subjects(email, address):
            self._buckets[name] = (min(limit, self._level(name, limit, now) + 1), now)
            self._buckets.move_to_end(name)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)

    def succeeded(self, email: str) -> None:
        """Forget the account's failures; its owner has come."""
        self._buckets.pop(f"account {email}", None)

    def _level(self, name: str, limit: int, now: datetime) -> float:
        level, at = self._buckets.get(name, (0.0, now))
        return max(0.0, level - limit * ((now - at) / WINDOW))


def _subjects(email: str, address: str | None) -> list[tuple[str, int]]:
    subjects = [(f"account {email}", FAILURES_PER_ACCOUNT)]
    if address is not None:
        subjects.append((f"address {address}", FAILURES_PER_ADDRESS))
    return subjects
