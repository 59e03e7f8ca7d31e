"""Typed events: what is written is what `docs/events.md` says, and only that is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest

from marquee_subgraphs.kit.events import (
    Amount,
    ConsumedEvent,
    Envelope,
    Instant,
    PoisonEvent,
    PublishedEvent,
    Text,
)
from marquee_subgraphs.kit.events.records import decoder
from marquee_subgraphs.kit.money import Currency, Money

EIGHT = datetime(2026, 3, 1, 20, tzinfo=UTC)


class Kind(StrEnum):
    STANDARD = "STANDARD"
    COMPANION = "COMPANION"


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedSeat:
    label: str
    kind: Kind
    price: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(PublishedEvent):
    TYPE = "order.confirmed"
    order_id: str
    user_id: str | None
    starts_at: datetime
    total: Money
    seats: tuple[PricedSeat, ...]
    titles: dict[str, str]
    voucher: str | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    label: Text
    kind: Kind
    price: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderToCharge(ConsumedEvent):
    TYPES = ("order.confirmed",)
    order_id: Text
    user_id: str | None = None
    starts_at: Instant
    total: Amount
    seats: tuple[Seat, ...] = ()
    count: int = 0


read = decoder(OrderToCharge)


def confirmed(**changes: Any) -> OrderConfirmed:
    values: dict[str, Any] = {
        "order_id": "ord_1",
        "user_id": None,
        "starts_at": EIGHT,
        "total": Money(4800, Currency.PEN),
        "seats": (PricedSeat(label="A1", kind=Kind.COMPANION, price=Money(2400, Currency.PEN)),),
        "titles": {"es": "Metrópolis"},
    }
    return OrderConfirmed(**values | changes)


def envelope(payload: Mapping[str, Any]) -> Envelope:
    return Envelope(
        id="evt_1",
        type="order.confirmed",
        version=1,
        occurred_at=EIGHT,
        producer="tickets",
        aggregate_id="ord_1",
        aggregate_version=1,
        correlation_id="evt_1",
        causation_id=None,
        trace=None,
        payload=dict(payload),
    )


def test_a_payload_is_plain_json_in_the_order_of_the_fields() -> None:
    payload = confirmed().to_payload()
    assert list(payload) == ["order_id", "user_id", "starts_at", "total", "seats", "titles"]
    assert payload == {
        "order_id": "ord_1",
        "user_id": None,
        "starts_at": "2026-03-01T20:00:00+00:00",
        "total": {"minor": 4800, "currency": "PEN"},
        "seats": [{"label": "A1", "kind": "COMPANION", "price": {"minor": 2400, "currency": "PEN"}}],
        "titles": {"es": "Metrópolis"},
    }


def test_a_field_with_a_default_is_written_only_when_it_differs() -> None:
    assert "voucher" not in confirmed().to_payload()
    assert confirmed(voucher="VC-1").to_payload()["voucher"] == "VC-1"


def test_what_one_record_writes_another_reads() -> None:
    event = read(envelope(confirmed(user_id="usr_1").to_payload()))
    assert event == OrderToCharge(
        order_id="ord_1",
        user_id="usr_1",
        starts_at=EIGHT,
        total=Money(4800, Currency.PEN),
        seats=(Seat("A1", Kind.COMPANION, Money(2400, Currency.PEN)),),
    )


def test_an_older_event_without_the_newer_fields_is_read() -> None:
    payload = {
        "order_id": "ord_1",
        "starts_at": EIGHT.isoformat(),
        "total": {"minor": 1, "currency": "EUR"},
    }
    event = read(envelope(payload))
    assert (event.user_id, event.seats, event.count) == (None, (), 0)


def test_an_instant_is_read_as_utc() -> None:
    lima = EIGHT.astimezone(timezone(timedelta(hours=-5)))
    event = read(envelope(confirmed().to_payload() | {"starts_at": lima.isoformat()}))
    assert event.starts_at == EIGHT
    assert event.starts_at.tzinfo is UTC


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_id", None),
        ("order_id", ""),
        ("order_id", 7),
        ("user_id", 7),
        ("starts_at", "tomorrow"),
        ("starts_at", "2026-03-01T20:00:00"),
        ("total", None),
        ("total", 4800),
        ("total", {"minor": "4800", "currency": "PEN"}),
        ("total", {"minor": 4800, "currency": "XXX"}),
        ("total", {"minor": 4800}),
        ("seats", "A1"),
        ("seats", [{"label": "A1", "kind": "THRONE", "price": {"minor": 1, "currency": "PEN"}}]),
        ("count", "2"),
    ],
)
def test_a_wrong_field_makes_the_event_poison_and_is_named(field: str, value: object) -> None:
    with pytest.raises(PoisonEvent, match=rf"^order\.confirmed evt_1 cannot be read: {field}\b"):
        read(envelope(confirmed().to_payload() | {field: value}))


def test_every_missing_field_is_named() -> None:
    with pytest.raises(PoisonEvent, match=r"order_id: .*; starts_at: .*; total: "):
        read(envelope({}))
