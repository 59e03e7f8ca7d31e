"""Prices. All amounts are minor units of one currency, rates are basis points: 8 000 is 80 %.

Rounding is half up. An amount that is split over tickets gives the odd units to the largest remainders, so
that the parts add up to the whole: 1.00 over three equal seats is 0.34, 0.33 and 0.33. Amounts never come
from a client.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

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
BOOKING_FEES: Final[Mapping[str, int]] = {"PEN": 150, "EUR": 80, "USD": 100}
"""Per seat that is not free, in minor units."""
TAX_RATES: Final[Mapping[str, int]] = {"PEN": 1_800, "EUR": 1_000, "USD": 0}
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
    amount: int
    seat_label: str | None = None


@dataclass(frozen=True, slots=True)
class SeatPrice:
    """What one seat costs in an order: `full` before discounts, `net` after them, `fee` for the booking."""

    label: str
    kind: SeatKind
    full: int
    net: int
    fee: int


@dataclass(frozen=True, slots=True)
class Price:
    """The price of an order: total = subtotal - discount + booking_fee; the tax is contained in the total."""

    currency: str
    seats: tuple[SeatPrice, ...]
    lines: tuple[PriceLine, ...]
    subtotal: int
    discount: int
    booking_fee: int
    tax: int
    total: int


def round_half_up(numerator: int, denominator: int) -> int:
    """Divide two numbers, the first not negative, and round halves up."""
    return (2 * numerator + denominator) // (2 * denominator)


def split_by_largest_remainder(amount: int, weights: Sequence[int]) -> list[int]:
    """Split a non-negative amount in proportion to weights; the parts add up to it exactly.

    No part exceeds its weight as long as the amount does not exceed the sum of the weights.
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    parts = [amount * weight // whole for weight in weights]
    remainders = [amount * weight % whole for weight in weights]
    odd = amount - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:odd]:
        parts[index] += 1
    return parts


def day_part_of(starts_at: datetime, time_zone: str) -> DayPart | None:
    """Return the day part in which a showtime starts, by local time; None for the ordinary rate."""
    local = starts_at.astimezone(ZoneInfo(time_zone))
    for part in DAY_PARTS:
        if local.weekday() in part.weekdays and local.time() < part.before:
            return part
    return None


def seat_price(base_price: int, kind: SeatKind, starts_at: datetime, time_zone: str) -> int:
    """Return what one seat costs before discounts and fees."""
    part = day_part_of(starts_at, time_zone)
    rate = part.rate if part else WHOLE
    return round_half_up(base_price * KIND_RATES[kind] * rate, WHOLE * WHOLE)


def price_order(
    showtime: Showtime,
    seats: Sequence[tuple[str, SeatKind]],
    *,
    tier: str | None = None,
    voucher: Voucher | None = None,
) -> Price:
    """Return the price of seats (label and kind) for one customer; the voucher must be usable here."""
    currency = showtime.currency
    full = [
        seat_price(showtime.base_price, kind, showtime.starts_at, showtime.time_zone) for _, kind in seats
    ]
    subtotal = sum(full)
    # The member's discount comes first, then the voucher: 10 % off 24.00, then 5.00 off 21.60.
    member = round_half_up(subtotal * MEMBER_RATES.get(tier or "", 0), WHOLE)
    net = _minus(full, split_by_largest_remainder(member, full))
    cuts = _voucher_cuts(net, voucher)
    by_voucher = sum(cuts)
    net = _minus(net, cuts)
    fee_per_seat = BOOKING_FEES[currency]
    # No fee for a free seat: an order of free seats totals zero and needs no payment.
    fees = [fee_per_seat if amount else 0 for amount in net]
    booking_fee = sum(fees)
    total = sum(net) + booking_fee
    tax_rate = TAX_RATES[currency]
    lines = [
        PriceLine(PriceLineKind.SEAT, label, amount, label)
        for (label, _), amount in zip(seats, full, strict=True)
    ]
    if member:
        lines.append(PriceLine(PriceLineKind.MEMBER_DISCOUNT, (tier or "").capitalize(), -member))
    if voucher is not None:
        lines.append(PriceLine(PriceLineKind.VOUCHER, voucher.code, -by_voucher))
    if booking_fee:
        lines.append(PriceLine(PriceLineKind.BOOKING_FEE, "Booking fee", booking_fee))
    return Price(
        currency=currency,
        seats=tuple(
            SeatPrice(label, kind, full[i], net[i], fees[i]) for i, (label, kind) in enumerate(seats)
        ),
        lines=tuple(lines),
        subtotal=subtotal,
        discount=member + by_voucher,
        booking_fee=booking_fee,
        tax=round_half_up(total * tax_rate, WHOLE + tax_rate),
        total=total,
    )


def _voucher_cuts(net: Sequence[int], voucher: Voucher | None) -> list[int]:
    """Return what a voucher takes off each seat; never more than the seat costs."""
    if voucher is None or not net:
        return [0] * len(net)
    if voucher.kind is VoucherKind.FREE_SEAT:
        dearest = max(range(len(net)), key=lambda i: net[i])
        return [amount if i == dearest else 0 for i, amount in enumerate(net)]
    whole = sum(net)
    if voucher.kind is VoucherKind.PERCENT:
        cut = round_half_up(whole * min(voucher.percent or 0, 100), 100)
    else:
        cut = min(voucher.value or 0, whole)
    return split_by_largest_remainder(cut, net)


def _minus(amounts: Sequence[int], cuts: Sequence[int]) -> list[int]:
    return [amount - cut for amount, cut in zip(amounts, cuts, strict=True)]
