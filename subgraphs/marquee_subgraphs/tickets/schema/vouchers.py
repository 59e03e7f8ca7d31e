"""Vouchers as clients see them."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from marquee_subgraphs.kit.graphql import Money
from marquee_subgraphs.tickets.domain.vouchers import Voucher as VoucherRecord
from marquee_subgraphs.tickets.domain.vouchers import VoucherKind

strawberry.enum(VoucherKind, name="VoucherKind")


@strawberry.type
class Voucher:
    """A voucher of one's own."""

    code: str
    kind: VoucherKind
    value: Money | None
    percent: int | None
    expires_at: datetime
    used: bool

    @classmethod
    def of(cls, record: VoucherRecord) -> Self:
        return cls(
            code=record.code,
            kind=record.kind,
            value=None if record.value is None else Money.of(record.value),
            percent=record.percent,
            expires_at=record.expires_at,
            used=record.order_id is not None,
        )
