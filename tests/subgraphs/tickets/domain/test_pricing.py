"""Prices: exact to the last unit, whatever the discounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.pricing import (
    BOOKING_FEES,
    MEMBER_RATES,
    Price,
    PriceLineKind,
    day_part_of,
    price_order,
    round_half_up,
    seat_price,
    split_by_largest_remainder,
)
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind

FRIDAY_EVENING = datetime(2026, 1, 17, 1, 0, tzinfo=UTC)  # 20:00 in Lima, on Friday the 16th
FRIDAY_NOON = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)  # 12:00 in Lima
LIMA = "America/Lima"


def voucher(kind: VoucherKind, value: int | None = None, percent: int | None = None) -> Voucher:
    return Voucher("V", "usr_ana", kind, value, "PEN", percent, FRIDAY_EVENING + timedelta(days=9))


def price(
    *kinds: SeatKind,
    base_price: int = 2400,
    starts_at: datetime = FRIDAY_EVENING,
    tier: str | None = None,
    voucher: Voucher | None = None,
    currency: str = "PEN",
) -> Price:
    showtime = Showtime(
        id="sht_1",
        movie_id="mov_1",
        movie_title="Nosferatu",
        cinema_id="cin_1",
        cinema_name="Marquee Lima",
        time_zone=LIMA,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
        sales_close_at=starts_at,
        base_price=base_price,
        currency=currency,
        is_cancelled=False,
        seat_version=0,
    )
    seats = [(f"A{number}", kind) for number, kind in enumerate(kinds, 1)]
    return price_order(showtime, seats, tier=tier, voucher=voucher)


def test_two_seats_in_the_evening_cost_two_base_prices_and_the_fees() -> None:
    whole = price(SeatKind.STANDARD, SeatKind.STANDARD)
    assert (whole.subtotal, whole.discount, whole.booking_fee, whole.total) == (4800, 0, 300, 5100)
    assert whole.tax == 778  # 18 % IGV contained in 51.00


def test_a_premium_seat_costs_a_third_more_and_a_bit() -> None:
    assert seat_price(2400, SeatKind.PREMIUM, FRIDAY_EVENING, LIMA) == 3240


def test_the_matinee_is_by_the_clock_on_the_cinemas_wall() -> None:
    assert seat_price(2400, SeatKind.STANDARD, FRIDAY_NOON, LIMA) == 1920
    assert day_part_of(FRIDAY_NOON, "Asia/Tokyo") is None
    saturday_noon = FRIDAY_NOON + timedelta(days=1)
    assert day_part_of(saturday_noon, LIMA) is None


@pytest.mark.parametrize(("tier", "off"), [("BRONZE", 0), ("SILVER", 144), ("GOLD", 240), ("PLATINUM", 384)])
def test_a_member_pays_less_by_tier(tier: str, off: int) -> None:
    assert price(SeatKind.STANDARD, SeatKind.STANDARD, tier=tier).discount == off


def test_a_free_seat_voucher_makes_the_dearest_seat_free_with_its_fee() -> None:
    whole = price(SeatKind.STANDARD, SeatKind.PREMIUM, voucher=voucher(VoucherKind.FREE_SEAT))
    assert (whole.discount, whole.booking_fee, whole.total) == (3240, 150, 2550)
    alone = price(SeatKind.STANDARD, voucher=voucher(VoucherKind.FREE_SEAT))
    assert (alone.total, alone.tax, alone.booking_fee) == (0, 0, 0)


def test_an_amount_voucher_never_pays_more_than_the_seats() -> None:
    whole = price(SeatKind.STANDARD, voucher=voucher(VoucherKind.AMOUNT, value=99_999))
    assert (whole.discount, whole.total) == (2400, 0)


def test_lines_tell_the_same_story_as_the_sums() -> None:
    whole = price(SeatKind.STANDARD, SeatKind.PREMIUM, tier="GOLD", voucher=voucher(VoucherKind.AMOUNT, 1000))
    assert sum(line.amount for line in whole.lines) == whole.total
    assert [line.kind for line in whole.lines] == [
        PriceLineKind.SEAT,
        PriceLineKind.SEAT,
        PriceLineKind.MEMBER_DISCOUNT,
        PriceLineKind.VOUCHER,
        PriceLineKind.BOOKING_FEE,
    ]


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"), [(5, 2, 3), (4, 3, 1), (5, 3, 2), (0, 7, 0)]
)
def test_halves_are_rounded_up(numerator: int, denominator: int, rounded: int) -> None:
    assert round_half_up(numerator, denominator) == rounded


vouchers = st.one_of(
    st.none(),
    st.builds(voucher, st.just(VoucherKind.AMOUNT), value=st.integers(0, 50_000)),
    st.builds(voucher, st.just(VoucherKind.PERCENT), percent=st.integers(0, 100)),
    st.builds(voucher, st.just(VoucherKind.FREE_SEAT)),
)


@given(
    kinds=st.lists(st.sampled_from(SeatKind), min_size=1, max_size=10),
    base_price=st.integers(0, 20_000),
    starts_at=st.sampled_from([FRIDAY_EVENING, FRIDAY_NOON]),
    tier=st.sampled_from([None, *MEMBER_RATES]),
    voucher=vouchers,
    currency=st.sampled_from(sorted(BOOKING_FEES)),
)
def test_the_parts_of_a_price_always_add_up(
    kinds: list[SeatKind],
    base_price: int,
    starts_at: datetime,
    tier: str | None,
    voucher: Voucher | None,
    currency: str,
) -> None:
    whole = price(
        *kinds, base_price=base_price, starts_at=starts_at, tier=tier, voucher=voucher, currency=currency
    )
    assert sum(seat.net for seat in whole.seats) == whole.total - whole.booking_fee
    assert sum(seat.full for seat in whole.seats) == whole.subtotal
    assert sum(seat.fee for seat in whole.seats) == whole.booking_fee
    assert sum(line.amount for line in whole.lines) == whole.total
    assert whole.total == whole.subtotal - whole.discount + whole.booking_fee
    assert all(0 <= seat.net <= seat.full for seat in whole.seats)
    assert 0 <= whole.tax <= whole.total
    assert (whole.total == 0) == all(seat.net == 0 for seat in whole.seats)


@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_split_adds_up_and_is_fair(amount: int, weights: list[int]) -> None:
    whole = sum(weights)
    amount = min(amount, whole)
    parts = split_by_largest_remainder(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part <= weight
        assert whole == 0 or abs(part - amount * weight / whole) < 1
