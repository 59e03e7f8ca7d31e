"""Slows down the guessing of passwords: counts failed sign-ins per account and per client address.

An unknown email is throttled like an account, so being throttled does not reveal that an account exists.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from marquee_subgraphs.kit.pace import Bucket, Pace

FAILURES_PER_ACCOUNT: Final = 10
FAILURES_PER_ADDRESS: Final = 100
WINDOW: Final = timedelta(minutes=15)
"""The time in which a full bucket empties."""


class SignInThrottle:
    """Refuses further attempts after too many failures within a window."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    async def check(self, email: str, address: str | None, now: datetime) -> None:
        """Raise `RateLimited` when the account or the address failed too often."""
        await self._pace.check(_buckets(email, address), now)

    async def failed(self, email: str, address: str | None, now: datetime) -> None:
        """Count a failure."""
        await self._pace.count(_buckets(email, address), now)

    async def succeeded(self, email: str) -> None:
        """Forget the account's failures. Those of the address stay: a thief may own one account."""
        await self._pace.forget(_account(email))


def _account(email: str) -> Bucket:
    return Bucket(f"account {email}", FAILURES_PER_ACCOUNT, WINDOW)


def _buckets(email: str, address: str | None) -> list[Bucket]:
    if address is None:
        return [_account(email)]
    return [_account(email), Bucket(f"address {address}", FAILURES_PER_ADDRESS, WINDOW)]
