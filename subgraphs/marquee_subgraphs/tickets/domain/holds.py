"""How long seats are held: ten minutes from the first hold, thirty at most, a little more while paying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HOLD_TTL: Final = timedelta(minutes=10)
HOLD_LIMIT: Final = timedelta(minutes=30)
LEASE_LIMIT: Final = timedelta(minutes=35)
"""Counted from the first hold: the longest that seats wait, for a payment that has begun."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Seats kept for one customer until `expires_at`; closed once they were sold or given back."""

    id: str
    showtime_id: str
    user_id: str | None
    first_held_at: datetime
    expires_at: datetime
    is_open: bool = True
    order_id: str | None = None

    @property
    def extendable_until(self) -> datetime:
        return self.first_held_at + HOLD_LIMIT

    def is_live(self, now: datetime) -> bool:
        """Tell whether the seats are still this hold's: it reads as expired even before anyone swept it."""
        return self.is_open and now < self.expires_at

    def extended(self, now: datetime) -> datetime:
        """Return when it ends if the customer asks for more time now; never sooner than it would."""
        return max(self.expires_at, min(now + HOLD_TTL, self.extendable_until))

    def leased(self, lease_until: datetime) -> datetime:
        """Return when it ends if a payment takes a lease until then; never sooner than it would."""
        return max(self.expires_at, min(lease_until, self.first_held_at + LEASE_LIMIT))
