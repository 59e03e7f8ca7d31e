"""A showtime as tickets knows it from events: when it is, what it costs, whether it sells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from marquee_subgraphs.kit.money import Money

DOORS_OPEN: Final = timedelta(hours=2)
"""How long before the start tickets are admitted."""


@dataclass(frozen=True, slots=True)
class Showtime:
    """One showtime; `seat_version` counts changes of its seats."""

    id: str
    movie_id: str
    movie_title: str
    cinema_id: str
    cinema_name: str
    time_zone: str
    starts_at: datetime
    ends_at: datetime
    sales_close_at: datetime
    base_price: Money
    is_cancelled: bool
    seat_version: int

    def sells_at(self, now: datetime) -> bool:
        """True if seats may be held and orders placed at `now`."""
        return not self.is_cancelled and now < self.sales_close_at

    def admits_at(self, now: datetime) -> bool:
        """True if tickets are admitted at `now`: from two hours before the start until the end."""
        return self.starts_at - DOORS_OPEN <= now < self.ends_at


@dataclass(frozen=True, slots=True)
class Cancellation:
    """How far the refunds of a cancelled showtime are; they go on after `after_order_id`."""

    showtime_id: str
    reason: str
    orders_total: int
    orders_done: int
    after_order_id: str
    finished_at: datetime | None
