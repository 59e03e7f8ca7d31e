"""When a failed delivery is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` attempts; the pause grows from `first_pause_seconds` by `factor` each time.

    The default: 0.1 s, 0.3 s, 0.9 s, 2.7 s, 8.1 s, 24 s, then 60 s each, about six minutes in all.
    """

    attempts: int = 12
    first_pause_seconds: float = 0.1
    factor: float = 3.0
    longest_pause_seconds: float = 60.0

    def pause_seconds(self, failed_attempts: int) -> float | None:
        """Return the pause after so many failed attempts; None when there is no further attempt."""
        if failed_attempts >= self.attempts:
            return None
        pause = self.first_pause_seconds * self.factor ** (failed_attempts - 1)
        return min(pause, self.longest_pause_seconds)
