"""Vouchers: whose, in which currency, until when, and once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class TestVouchers:
    voucher = Voucher("V", "usr_ana", VoucherKind.AMOUNT, Money(1000, Currency.PEN), None, NOW + minutes(1))

    def test_one_may_use_ones_own_in_its_currency_in_time_once(self) -> None:
        assert self.voucher.why_not(user_id="usr_ana", currency=Currency.PEN, now=NOW) is None
        assert self.voucher.why_not(user_id="usr_ben", currency=Currency.PEN, now=NOW)
        assert self.voucher.why_not(user_id=None, currency=Currency.PEN, now=NOW)
        assert self.voucher.why_not(user_id="usr_ana", currency=Currency.EUR, now=NOW)
        assert self.voucher.why_not(user_id="usr_ana", currency=Currency.PEN, now=NOW + minutes(1))
        used = replace(self.voucher, order_id="ord_1")
        assert used.why_not(user_id="usr_ana", currency=Currency.PEN, now=NOW)
