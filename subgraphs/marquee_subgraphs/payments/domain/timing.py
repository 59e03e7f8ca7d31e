"""How long payments waits, and for what. Pure numbers with their reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds are of the wall clock; a `timedelta` is of the clock that the store's instants come from."""

    order_wait_seconds: float = 2.0
    """How long `payOrder` waits for `order.placed`, which tickets has published already."""
    settle_wait_seconds: float = 5.0
    """How long a mutation waits for the outcome of the work that it started."""
    provider_timeout_seconds: float = 4.0
    """How long the provider has for one answer. Less than `settle_wait_seconds`, so that a customer sees a
    payment as unknown, not merely as created.
    """
    lease: timedelta = timedelta(minutes=5)
    """How long tickets is asked to keep the seats while the customer pays."""
    look_again: timedelta = timedelta(seconds=5)
    """After each step, when a payment is due that did not go on by itself, as after the process died."""
    sale_check: timedelta = timedelta(seconds=60)
    """How often to look at a payment that waits for tickets to sell the seats."""
    first_retry: timedelta = timedelta(seconds=1)
    longest_retry: timedelta = timedelta(minutes=5)
    capture_attempts: int = 14
    """Unanswered captures before the sale is given up: with the pauses above, some 40 minutes."""

    def retry(self, attempts: int) -> timedelta:
        """Return the pause after so many attempts without an answer: 1 s, 2 s, 4 s … 5 min."""
        # 2 to the power of a large count would be a number of many digits, computed to be cut off.
        doublings: int = 2 ** min(attempts, 20)
        return min(self.first_retry * doublings, self.longest_retry)
