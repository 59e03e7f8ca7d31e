"""Holds, orders, refunds, vouchers, states and codes: the small rules, each on its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.tickets.domain.codes import (
    is_genuine,
    make_code,
    make_token,
    new_order_number,
    read_code,
    read_token,
)
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.identifiers import make_seat_id, read_seat_id
from marquee_subgraphs.tickets.domain.orders import ENDED_UNPAID, IllegalStep, OrderStatus, status_at, step
from marquee_subgraphs.tickets.domain.refunds import RefundableTicket, refund_amount, refund_options
from marquee_subgraphs.tickets.domain.seat_states import (
    SeatState,
    SeatStatus,
    count_of_user,
    free_seats,
)
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
KEY = b"k" * 32


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class TestHolds:
    hold = Hold("hold_1", "sht_1", None, NOW, NOW + minutes(10))

    def test_a_hold_is_over_at_the_very_moment(self) -> None:
        assert self.hold.is_live(NOW + minutes(10) - timedelta(microseconds=1))
        assert not self.hold.is_live(NOW + minutes(10))

    def test_it_is_extended_to_thirty_minutes_in_all(self) -> None:
        assert self.hold.extended(NOW + minutes(5)) == NOW + minutes(15)
        late = replace(self.hold, expires_at=NOW + minutes(29))
        assert late.extended(NOW + minutes(28)) == NOW + minutes(30)

    def test_a_payment_may_keep_it_five_minutes_longer_and_never_shortens_it(self) -> None:
        assert self.hold.leased(NOW + minutes(60)) == NOW + minutes(35)
        assert self.hold.leased(NOW + minutes(2)) == NOW + minutes(10)


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


class TestRefunds:
    tickets = (RefundableTicket("tkt_1", 2400, 150), RefundableTicket("tkt_2", 2400, 150))
    paid = Money(5100, Currency.PEN)

    @pytest.mark.parametrize(
        ("hours", "first"),
        [(24.01, (5100, False)), (24, (4800, False)), (2.01, (4800, False)), (2, (4800, True))],
    )
    def test_the_policy_by_the_hours_left(self, hours: float, first: tuple[int, bool]) -> None:
        options = refund_options(
            self.tickets,
            starts_at=NOW + timedelta(hours=hours),
            still_paid=self.paid,
            now=NOW,
        )
        assert (options[0].amount.minor_units, options[0].staff_only) == first

    def test_nothing_is_given_back_once_it_has_begun(self) -> None:
        assert refund_options(self.tickets, starts_at=NOW, still_paid=self.paid, now=NOW) == []

    @given(
        nets=st.lists(st.integers(0, 10_000), max_size=10),
        still_paid=st.integers(-5, 50_000),
        with_fee=st.booleans(),
    )
    def test_never_more_than_is_left(self, nets: list[int], still_paid: int, with_fee: bool) -> None:
        tickets = [RefundableTicket(f"tkt_{index}", net, 150) for index, net in enumerate(nets)]
        amount = refund_amount(tickets, with_fee=with_fee, still_paid=still_paid)
        assert 0 <= amount <= max(still_paid, 0)


class TestVouchers:
    voucher = Voucher("V", "usr_ana", VoucherKind.AMOUNT, 1000, "PEN", None, NOW + minutes(1))

    def test_one_may_use_ones_own_in_its_currency_in_time_once(self) -> None:
        assert self.voucher.why_not(user_id="usr_ana", currency="PEN", now=NOW) is None
        assert self.voucher.why_not(user_id="usr_ben", currency="PEN", now=NOW)
        assert self.voucher.why_not(user_id=None, currency="PEN", now=NOW)
        assert self.voucher.why_not(user_id="usr_ana", currency="EUR", now=NOW)
        assert self.voucher.why_not(user_id="usr_ana", currency="PEN", now=NOW + minutes(1))
        used = replace(self.voucher, order_id="ord_1")
        assert used.why_not(user_id="usr_ana", currency="PEN", now=NOW)


class TestSeatStates:
    def test_an_expired_hold_reads_available_though_nobody_swept(self) -> None:
        held = SeatState("A1", SeatStatus.HELD, "hold_1", NOW, "usr_ana")
        assert held.status_at(NOW - minutes(1)) is SeatStatus.HELD
        assert held.status_at(NOW) is SeatStatus.AVAILABLE
        assert free_seats(["A1", "A2"], {"A1": held}, NOW) == {"A1", "A2"}
        assert count_of_user([held], "usr_ana", NOW) == 0
        assert count_of_user([held], "usr_ana", NOW - minutes(1)) == 1

    def test_a_seat_id_is_read_back(self) -> None:
        assert read_seat_id(make_seat_id("sht_1", "A1")) == ("sht_1", "A1")
        for bad in ("", ":", "sht_1", "sht_1:", ":A1", "sht_1:" + "A" * 200, "sht_1:\x00"):
            assert read_seat_id(bad) is None


class TestCodes:
    ticket_id = new_id("tkt", NOW)

    def test_a_code_is_read_back_and_genuine_for_its_showtime_alone(self) -> None:
        text = make_code(KEY, self.ticket_id, "sht_1", 3)
        code = read_code(f" {text.lower()} ")
        assert code is not None
        assert (code.ticket_id, code.version) == (self.ticket_id, 3)
        assert is_genuine(code, KEY, "sht_1")
        assert not is_genuine(code, KEY, "sht_2")
        assert not is_genuine(code, b"x" * 32, "sht_1")
        assert not is_genuine(replace(code, version=4), KEY, "sht_1")

    def test_a_code_fits_the_compact_alphabet_of_qr(self) -> None:
        text = make_code(KEY, self.ticket_id, "sht_1", 1)
        assert set(text) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")
        assert len(text) < 60

    @given(st.text(max_size=300))
    def test_any_text_is_no_code(self, text: str) -> None:
        assert read_code(text) is None

    @given(st.text(max_size=300))
    def test_no_text_is_a_token_by_chance(self, text: str) -> None:
        assert read_token(KEY, text) is None

    def test_a_token_speaks_for_one_thing(self) -> None:
        token = make_token(KEY, "hold_1")
        assert read_token(KEY, token) == "hold_1"
        assert read_token(b"x" * 32, token) is None
        assert read_token(KEY, token.replace("hold_1", "hold_2")) is None

    def test_an_order_number_can_be_read_out_loud(self) -> None:
        number = new_order_number()
        assert len(number) == 12
        assert not set(number[3:]) & set("01IO")
