"""Prices. All amounts are in one currency, rates are basis points: 8 000 is 80 %.

Rounding is half up. A discount is split over the seats so that the parts add up to it. Amounts never come
from a client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind

WHOLE: Final = 10_000

KIND_RATES: Final[Mapping[SeatKind, int]] = {
    SeatKind.STANDARD: 10_000,
    SeatKind.PREMIUM: 13_500,
    SeatKind.WHEELCHAIR: 10_000,
    SeatKind.COMPANION: 10_000,
}
MEMBER_RATES: Final[Mapping[str, int]] = {"BRONZE": 0, "SILVER": 300, "GOLD": 500, "PLATINUM": 800}
BOOKING_FEES: Final[Mapping[Currency, Money]] = {
    Currency.PEN: Money(150, Currency.PEN),
    Currency.EUR: Money(80, Currency.EUR),
    Currency.USD: Money(100, Currency.USD),
}
"""Per seat that is not free."""
TAX_RATES: Final[Mapping[Currency, int]] = {Currency.PEN: 1_800, Currency.EUR: 1_000, Currency.USD: 0}
"""IGV in Peru, the reduced IVA on cinema in Spain; contained in the price."""


@dataclass(frozen=True, slots=True)
class DayPart:
    """A time of the week with a rate of its own, by the clock in the cinema."""

    name: str
    weekdays: frozenset[int]
    before: time
    rate: int


DAY_PARTS: Final = (DayPart("weekday matinée", frozenset(range(5)), time(17, 0), 8_000),)


class PriceLineKind(StrEnum):
    """What a line of a price is for."""

    SEAT = "SEAT"
    MEMBER_DISCOUNT = "MEMBER_DISCOUNT"
    VOUCHER = "VOUCHER"
    BOOKING_FEE = "BOOKING_FEE"


@dataclass(frozen=True, slots=True)
class PriceLine:
    """One line of a price; discounts are negative."""

    kind: PriceLineKind
    label: str
    amount: Money
    seat_label: str | None = None


@dataclass(frozen=True, slots=True)
class SeatPrice:
    """What one seat costs in an order: `full` before discounts, `net` after them, `fee` for the booking."""

    label: str
    kind: SeatKind
    full: Money
    net: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class Price:
    """The price of an order: total = subtotal - discount + booking_fee; the tax is contained in the total."""

    seats: tuple[SeatPrice, ...]
    lines: tuple[PriceLine, ...]
    subtotal: Money
    discount: Money
    booking_fee: Money
    tax: Money
    total: Money


def day_part_of(starts_at: datetime, time_zone: str) -> DayPart | None:
    """Return the day part in which a showtime starts, by local time; None for the ordinary rate."""
    local = starts_at.astimezone(ZoneInfo(time_zone))
    for part in DAY_PARTS:
        if local.weekday() in part.weekdays and local.time() < part.before:
            return part
    return None


def seat_price(base_price: Money, kind: SeatKind, starts_at: datetime, time_zone: str) -> Money:
    """Return what one seat costs before discounts and fees."""
    part = day_part_of(starts_at, time_zone)
    rate = part.rate if part else WHOLE
    return base_price.portion(KIND_RATES[kind] * rate, WHOLE * WHOLE)


def price_order(
    showtime: Showtime,
    seats: Sequence[tuple[str, SeatKind]],
    *,
    tier: str | None = None,
    voucher: Voucher | None = None,
) -> Price:
    """Return the price of seats (label and kind) for one customer; the voucher must be usable here."""
    currency = showtime.base_price.currency
    zero = Money.zero(currency)
    full = [
        seat_price(showtime.base_price, kind, showtime.starts_at, showtime.time_zone) for _, kind in seats
    ]
    subtotal = sum(full, zero)
    # The member's discount comes first, then the voucher: 10 % off 24.00, then 5.00 off 21.60.
    member = subtotal.portion(MEMBER_RATES.get(tier or "", 0), WHOLE)
    net = _minus(full, member.split(full))
    cuts = [zero] * len(net) if voucher is None else _voucher_cuts(net, voucher, currency)
    by_voucher = sum(cuts, zero)
    net = _minus(net, cuts)
    # No fee for a free seat: an order of free seats totals zero and needs no payment.
    fees = [zero if amount.is_zero else BOOKING_FEES[currency] for amount in net]
    booking_fee = sum(fees, zero)
    total = sum(net, booking_fee)
    tax_rate = TAX_RATES[currency]
    lines = [
        PriceLine(PriceLineKind.SEAT, label, amount, label)
        for (label, _), amount in zip(seats, full, strict=True)
    ]
    if not member.is_zero:
        lines.append(PriceLine(PriceLineKind.MEMBER_DISCOUNT, (tier or "").capitalize(), -member))
    if voucher is not None:
        lines.append(PriceLine(PriceLineKind.VOUCHER, voucher.code, -by_voucher))
    if not booking_fee.is_zero:
        lines.append(PriceLine(PriceLineKind.BOOKING_FEE, "Booking fee", booking_fee))
    return Price(
        seats=tuple(
            SeatPrice(label, kind, full[i], net[i], fees[i]) for i, (label, kind) in enumerate(seats)
        ),
        lines=tuple(lines),
        subtotal=subtotal,
        discount=member + by_voucher,
        booking_fee=booking_fee,
        tax=total.portion(tax_rate, WHOLE + tax_rate),
        total=total,
    )


def _voucher_cuts(net: Sequence[Money], voucher: Voucher, currency: Currency) -> list[Money]:
    """Return what a voucher takes off each seat; never more than the seat costs."""
    zero = Money.zero(currency)
    if voucher.kind is VoucherKind.FREE_SEAT:
        dearest = max(range(len(net)), key=lambda i: net[i], default=None)
        return [amount if i == dearest else zero for i, amount in enumerate(net)]
    whole = sum(net, zero)
    if voucher.kind is VoucherKind.PERCENT:
        cut = whole.portion(min(voucher.percent or 0, 100), 100)
    else:
        cut = min(voucher.value or zero, whole)
    return cut.split(net)


def _minus(amounts: Sequence[Money], cuts: Sequence[Money]) -> list[Money]:
    return [amount - cut for amount, cut in zip(amounts, cuts, strict=True)]
