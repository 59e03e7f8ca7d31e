"""Prices: exact to the last unit, whatever the discounts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.pricing import (
    BOOKING_FEES,
    MEMBER_RATES,
    Price,
    PriceLineKind,
    day_part_of,
    price_order,
    seat_price,
)
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind

FRIDAY_EVENING = datetime(2026, 1, 17, 1, 0, tzinfo=UTC)  # 20:00 in Lima, on Friday the 16th
FRIDAY_NOON = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)  # 12:00 in Lima
LIMA = "America/Lima"
BASE_PRICE = Money(2400, Currency.PEN)


def pen(minor_units: int) -> Money:
    return Money(minor_units, Currency.PEN)


def voucher(kind: VoucherKind, value: Money | None = None, percent: int | None = None) -> Voucher:
    return Voucher("V", "usr_ana", kind, value, percent, FRIDAY_EVENING + timedelta(days=9))


def price(
    *kinds: SeatKind,
    base_price: Money = BASE_PRICE,
    starts_at: datetime = FRIDAY_EVENING,
    tier: str | None = None,
    voucher: Voucher | None = None,
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
        is_cancelled=False,
        seat_version=0,
    )
    seats = [(f"A{number}", kind) for number, kind in enumerate(kinds, 1)]
    return price_order(showtime, seats, tier=tier, voucher=voucher)


def test_two_seats_in_the_evening_cost_two_base_prices_and_the_fees() -> None:
    whole = price(SeatKind.STANDARD, SeatKind.STANDARD)
    assert (whole.subtotal, whole.discount, whole.booking_fee, whole.total) == (
        pen(4800),
        pen(0),
        pen(300),
        pen(5100),
    )
    assert whole.tax == pen(778)  # 18 % IGV contained in 51.00


def test_a_premium_seat_costs_a_third_more_and_a_bit() -> None:
    assert seat_price(pen(2400), SeatKind.PREMIUM, FRIDAY_EVENING, LIMA) == pen(3240)


def test_the_matinee_is_by_the_clock_on_the_cinemas_wall() -> None:
    assert seat_price(pen(2400), SeatKind.STANDARD, FRIDAY_NOON, LIMA) == pen(1920)
    assert day_part_of(FRIDAY_NOON, "Asia/Tokyo") is None
    saturday_noon = FRIDAY_NOON + timedelta(days=1)
    assert day_part_of(saturday_noon, LIMA) is None


@pytest.mark.parametrize(("tier", "off"), [("BRONZE", 0), ("SILVER", 144), ("GOLD", 240), ("PLATINUM", 384)])
def test_a_member_pays_less_by_tier(tier: str, off: int) -> None:
    assert price(SeatKind.STANDARD, SeatKind.STANDARD, tier=tier).discount == pen(off)


def test_a_free_seat_voucher_makes_the_dearest_seat_free_with_its_fee() -> None:
    whole = price(SeatKind.STANDARD, SeatKind.PREMIUM, voucher=voucher(VoucherKind.FREE_SEAT))
    assert (whole.discount, whole.booking_fee, whole.total) == (pen(3240), pen(150), pen(2550))
    alone = price(SeatKind.STANDARD, voucher=voucher(VoucherKind.FREE_SEAT))
    assert (alone.total, alone.tax, alone.booking_fee) == (pen(0), pen(0), pen(0))


def test_an_amount_voucher_never_pays_more_than_the_seats() -> None:
    whole = price(SeatKind.STANDARD, voucher=voucher(VoucherKind.AMOUNT, value=pen(99_999)))
    assert (whole.discount, whole.total) == (pen(2400), pen(0))


def test_lines_tell_the_same_story_as_the_sums() -> None:
    whole = price(
        SeatKind.STANDARD, SeatKind.PREMIUM, tier="GOLD", voucher=voucher(VoucherKind.AMOUNT, pen(1000))
    )
    assert sum((line.amount for line in whole.lines), pen(0)) == whole.total
    assert [line.kind for line in whole.lines] == [
        PriceLineKind.SEAT,
        PriceLineKind.SEAT,
        PriceLineKind.MEMBER_DISCOUNT,
        PriceLineKind.VOUCHER,
        PriceLineKind.BOOKING_FEE,
    ]


vouchers = st.one_of(
    st.none(),
    st.builds(voucher, st.just(VoucherKind.AMOUNT), value=st.builds(pen, st.integers(0, 50_000))),
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
    currency: Currency,
) -> None:
    if voucher is not None and voucher.value is not None:
        voucher = replace(voucher, value=Money(voucher.value.minor_units, currency))
    zero = Money.zero(currency)
    base = Money(base_price, currency)
    whole = price(*kinds, base_price=base, starts_at=starts_at, tier=tier, voucher=voucher)
    assert sum((seat.net for seat in whole.seats), zero) == whole.total - whole.booking_fee
    assert sum((seat.full for seat in whole.seats), zero) == whole.subtotal
    assert sum((seat.fee for seat in whole.seats), zero) == whole.booking_fee
    assert sum((line.amount for line in whole.lines), zero) == whole.total
    assert whole.total == whole.subtotal - whole.discount + whole.booking_fee
    assert all(zero <= seat.net <= seat.full for seat in whole.seats)
    assert zero <= whole.tax <= whole.total
    assert whole.total.is_zero == all(seat.net.is_zero for seat in whole.seats)
