"""When a failed delivery is tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `attempts` attempts, with a pause that grows from `first_pause_seconds`."""

    attempts: int = 12
    first_pause_seconds: float = 0.1
    factor: float = 3.0
    longest_pause_seconds: float = 60.0

    def pause_seconds(self, failed_attempts: int) -> float | None:
        """How long to wait after that many failed attempts; None when there is no further one."""
        if failed_attempts >= self.attempts:
            return None
        pause = self.first_pause_seconds * self.factor ** (failed_attempts - 1)
        return min(pause, self.longest_pause_seconds)
