"""The refund policy: how much until when, and never more than is left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.tickets.domain.refunds import RefundableTicket, refund_amount, refund_options

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)


def pen(minor_units: int) -> Money:
    return Money(minor_units, Currency.PEN)


class TestRefunds:
    tickets = (RefundableTicket("tkt_1", pen(2400), pen(150)), RefundableTicket("tkt_2", pen(2400), pen(150)))
    paid = pen(5100)

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
        tickets = [RefundableTicket(f"tkt_{index}", pen(net), pen(150)) for index, net in enumerate(nets)]
        amount = refund_amount(tickets, with_fee=with_fee, still_paid=pen(still_paid))
        assert pen(0) <= amount <= pen(max(still_paid, 0))
