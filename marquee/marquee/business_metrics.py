"""Counters of the cinema's business: seats, orders, money, admissions, points.

Counts events whose transaction has committed, so every figure is a fact. Must never count an attempt, nor
know a person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter

from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.telemetry import Telemetry

_Read = Callable[["BusinessFigures", dict[str, Any]], None]


class BusinessFigures:
    """The counters of one process. Each replica counts the events it commits; their sum is the total."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.seats = Counter(
            "marquee_seats", "Seats, by what became of them (held, released, sold).", ("change",),
            registry=registry,
        )  # fmt: skip
        self.orders = Counter(
            "marquee_orders",
            "Orders, by what became of them (placed, confirmed, expired, failed, cancelled, sale_refused).",
            ("change",),
            registry=registry,
        )
        self.payments = Counter(
            "marquee_payments",
            "Payments, by what became of them (started, authorized, captured, failed, voided).",
            ("change",),
            registry=registry,
        )
        self.captured = Counter(
            "marquee_revenue_captured", "Money taken, in units of the currency.", ("currency",),
            registry=registry,
        )  # fmt: skip
        self.refunded = Counter(
            "marquee_revenue_refunded", "Money given back, in units of the currency.", ("currency",),
            registry=registry,
        )  # fmt: skip
        self.check_ins = Counter(
            "marquee_check_ins", "Tickets at the door (checked_in, undone).", ("change",), registry=registry
        )
        self.points = Counter(
            "marquee_points", "Points of the loyalty programme (earned, released, reversed).", ("change",),
            registry=registry,
        )  # fmt: skip

    def count(self, producer: str, event: Envelope) -> None:
        """Count one committed event."""
        read = _READERS.get(event.type)
        if read is not None:
            read(self, event.payload)


def count_business(telemetry: Telemetry) -> BusinessFigures:
    """Count the events that this process commits from now on."""
    figures = BusinessFigures(telemetry.registry)
    telemetry.on_committed(figures.count)
    return figures


def _units(amount: Any) -> tuple[str, float]:
    # Events carry minor units (`{"minor": 1250, "currency": "PEN"}`); a dashboard shows 12.50.
    money = Money(int(amount["minor"]), Currency(amount["currency"]))
    return money.currency.value, float(money.amount)


def _seats(change: str) -> _Read:
    return lambda figures, payload: figures.seats.labels(change).inc(len(payload["seat_labels"]))


def _order(change: str) -> _Read:
    return lambda figures, _: figures.orders.labels(change).inc()


def _payment(change: str) -> _Read:
    return lambda figures, _: figures.payments.labels(change).inc()


def _check_in(change: str) -> _Read:
    return lambda figures, _: figures.check_ins.labels(change).inc()


def _points(change: str) -> _Read:
    return lambda figures, payload: figures.points.labels(change).inc(int(payload["points"]))


def _captured(figures: BusinessFigures, payload: dict[str, Any]) -> None:
    currency, units = _units(payload["amount"])
    figures.payments.labels("captured").inc()
    figures.captured.labels(currency).inc(units)


def _refunded(figures: BusinessFigures, payload: dict[str, Any]) -> None:
    currency, units = _units(payload["amount"])
    figures.refunded.labels(currency).inc(units)


_READERS: Final[dict[str, _Read]] = {
    **{f"seats.{change}": _seats(change) for change in ("held", "released", "sold")},
    **{
        f"order.{change}": _order(change)
        for change in ("placed", "confirmed", "expired", "failed", "cancelled", "sale_refused")
    },
    **{f"payment.{change}": _payment(change) for change in ("started", "authorized", "failed", "voided")},
    "payment.captured": _captured,
    "refund.completed": _refunded,
    "ticket.checked_in": _check_in("checked_in"),
    "ticket.check_in_undone": _check_in("undone"),
    **{f"loyalty.points_{change}": _points(change) for change in ("earned", "released", "reversed")},
}
