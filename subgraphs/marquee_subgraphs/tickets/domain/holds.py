"""Holds: ten minutes from the first seat, extendable to thirty; thirty-five while the customer pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HOLD_TTL: Final = timedelta(minutes=10)
HOLD_LIMIT: Final = timedelta(minutes=30)
LEASE_LIMIT: Final = timedelta(minutes=35)
"""From the first seat: how long seats are kept at most for a payment that has started."""


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
        """True if the seats are still this hold's, whether or not a sweep has ended it."""
        return self.is_open and now < self.expires_at

    def extended(self, now: datetime) -> datetime:
        """Return the end if the customer asks for more time now; never before the present end.

        Held at 20:00 and asked at 20:25: until 20:30 and not 20:35, for thirty minutes is the limit.
        """
        return max(self.expires_at, min(now + HOLD_TTL, self.extendable_until))

    def leased(self, lease_until: datetime) -> datetime:
        """Return the end if a payment asks for the seats until `lease_until`; never before the present end.

        Held at 20:00, paid at 20:29 with a lease of five minutes: until 20:34, beyond the customer's limit.
        """
        return max(self.expires_at, min(lease_until, self.first_held_at + LEASE_LIMIT))
