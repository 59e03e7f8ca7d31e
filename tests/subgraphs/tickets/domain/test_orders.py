"""Orders: which state may follow which."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from marquee_subgraphs.tickets.domain.orders import ENDED_UNPAID, IllegalStep, OrderStatus, status_at, step

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class TestOrders:
    def test_pending_past_its_time_reads_expired(self) -> None:
        assert status_at(OrderStatus.PENDING_PAYMENT, NOW, NOW) is OrderStatus.EXPIRED
        assert status_at(OrderStatus.PENDING_PAYMENT, NOW + minutes(1), NOW) is OrderStatus.PENDING_PAYMENT
        assert status_at(OrderStatus.CONFIRMED, None, NOW) is OrderStatus.CONFIRMED

    def test_what_has_ended_goes_nowhere(self) -> None:
        for ended, following in product([*ENDED_UNPAID, OrderStatus.REFUNDED], OrderStatus):
            with pytest.raises(IllegalStep):
                step(ended, following)

    def test_nothing_is_confirmed_twice(self) -> None:
        assert step(OrderStatus.PENDING_PAYMENT, OrderStatus.CONFIRMED) is OrderStatus.CONFIRMED
        with pytest.raises(IllegalStep):
            step(OrderStatus.CONFIRMED, OrderStatus.CONFIRMED)
