"""How long payments waits, and for what. Pure numbers with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Timing:
    """Waits, in seconds of the clock or of the wall as each says."""

    order_wait_seconds: float = 2.0
    """How long `payOrder` waits for `order.placed`, which tickets has said already."""
    settle_wait_seconds: float = 5.0
    """How long a mutation waits for the end of what it began."""
    provider_timeout_seconds: float = 4.0
    """How long the provider has for one answer: less than the customer waits, so that silence is an
    answer.
    """
    lease: timedelta = timedelta(minutes=5)
    """How long the hold is asked to live while the customer pays."""
    look_again: timedelta = timedelta(seconds=5)
    """When to look after a payment that should have moved on by itself."""
    sale_check: timedelta = timedelta(seconds=60)
    first_retry: timedelta = timedelta(seconds=1)
    longest_retry: timedelta = timedelta(minutes=5)
    capture_attempts: int = 14
    """Unanswered captures before giving up: with the pauses above, some 40 minutes."""

    def retry(self, attempts: int) -> timedelta:
        """The pause before the next attempt, after `attempts` in vain."""
        doublings: int = 2 ** min(attempts, 20)
        return min(self.first_retry * doublings, self.longest_retry)
