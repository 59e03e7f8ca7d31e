"""Vouchers as tickets knows them from events; each is used at most once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from marquee_subgraphs.kit.money import Currency, Money


class VoucherKind(StrEnum):
    """What a voucher takes off the price."""

    AMOUNT = "AMOUNT"
    PERCENT = "PERCENT"
    FREE_SEAT = "FREE_SEAT"


@dataclass(frozen=True, slots=True)
class Voucher:
    """One voucher: only one of the kind AMOUNT has a `value`; `order_id` is the order that uses it."""

    code: str
    user_id: str
    kind: VoucherKind
    value: Money | None
    percent: int | None
    expires_at: datetime
    order_id: str | None = None

    def why_not(self, *, user_id: str | None, currency: Currency, now: datetime) -> str | None:
        """Return the message why a voucher cannot be used, or None when it can."""
        if user_id is None or user_id != self.user_id:
            return "There is no such voucher for you."
        if self.order_id is not None:
            return "This voucher has been used."
        if self.expires_at <= now:
            return "This voucher has expired."
        worth = None if self.value is None else self.value.currency
        if self.kind is VoucherKind.AMOUNT and worth is not currency:
            return f"This voucher is worth {worth}, and this order is in {currency}."
        return None
