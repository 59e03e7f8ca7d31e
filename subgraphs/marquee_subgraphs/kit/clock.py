"""The time, as an argument: services ask a `Clock`, tests freeze it. Must never return a naive datetime."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    __slots__ = ()

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class FrozenClock:
    """A clock that moves only by `advance`, for tests."""

    __slots__ = ("_now",)

    def __init__(self, now: datetime = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)) -> None:
        self._now = now.astimezone(UTC)

    def now(self) -> datetime:
        """Return the frozen moment, aware, in UTC."""
        return self._now

    def advance(self, step: timedelta) -> datetime:
        """Move forward by `step` and return the new moment."""
        self._now += step
        return self._now
