"""Slowing down guesses: failed sign-ins counted per account and per address, in memory of this process.

Successful sign-ins are never slowed, and knowing that an account is throttled says nothing of whether
it exists.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Final

from subgraphs.kit.refusals import RateLimited

FAILURES_PER_ACCOUNT: Final = 10
FAILURES_PER_ADDRESS: Final = 100
WINDOW: Final = timedelta(minutes=15)
_REMEMBERED: Final = 10_000


class SignInThrottle:
    """Refuses further attempts after too many failures within a window."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[datetime]] = OrderedDict()

    def check(self, email: str, address: str | None, now: datetime) -> None:
        """Raise `RateLimited` when the account or the address failed too often."""
        for name, limit in _subjects(email, address):
            failures = self._recent(name, now)
            if len(failures) >= limit:
                wait = failures[-limit] + WINDOW - now
                raise RateLimited(max(1, int(wait.total_seconds()) + 1))

    def failed(self, email: str, address: str | None, now: datetime) -> None:
        """Count a failure."""
        for name, limit in _subjects(email, address):
            failures = [*self._recent(name, now), now][-limit:]
            self._failures[name] = failures
            self._failures.move_to_end(name)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, email: str) -> None:
        """Forget the account's failures; its owner has come."""
        self._failures.pop(f"account {email}", None)

    def _recent(self, name: str, now: datetime) -> list[datetime]:
        return [at for at in self._failures.get(name, ()) if now - at < WINDOW]


def _subjects(email: str, address: str | None) -> list[tuple[str, int]]:
    subjects = [(f"account {email}", FAILURES_PER_ACCOUNT)]
    if address is not None:
        subjects.append((f"address {address}", FAILURES_PER_ADDRESS))
    return subjects
