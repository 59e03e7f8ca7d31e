"""The rows of refunds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.payments.domain.records import RefundRecord
from marquee_subgraphs.payments.domain.refund import RefundStatus
from marquee_subgraphs.payments.tables import REFUNDS

_UNDER_WAY = [RefundStatus.REQUESTED.value, RefundStatus.PENDING.value]


class RefundStore:
    """Reads and writes of refunds."""

    async def put(self, tx: Transaction, refund: RefundRecord, due_at: datetime | None) -> None:
        """Write a refund, new or changed; `due_at` None takes it off the schedule."""
        values = {
            "payment_id": refund.payment_id,
            "order_id": refund.order_id,
            "currency": refund.amount.currency.value,
            "amount_minor": refund.amount.minor_units,
            "status": refund.status.value,
            "reason": refund.reason,
            "requested_by": refund.requested_by,
            "whole": refund.whole,
            "ticket_ids": list(refund.ticket_ids),
            "provider_refund_id": refund.provider_refund_id,
            "failure": refund.failure,
            "created_at": refund.created_at,
            "updated_at": refund.updated_at,
            "due_at": due_at,
            "attempts": refund.attempts,
        }
        statement = tx.insert(REFUNDS).values(id=refund.id, **values)
        await tx.execute(statement.on_conflict_do_update(index_elements=[REFUNDS.c.id], set_=values))

    async def find(
        self, connection: Connection, refund_id: str, *, lock: bool = False
    ) -> RefundRecord | None:
        """Return a refund; `lock` keeps others from changing it until the transaction ends."""
        query = select(REFUNDS).where(REFUNDS.c.id == refund_id)
        row = (await connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _refund(row)

    async def of_payments(
        self, connection: Connection, payment_ids: Sequence[str]
    ) -> dict[str, list[RefundRecord]]:
        """Return the refunds of each payment, oldest first."""
        rows = await connection.execute(
            select(REFUNDS)
            .where(REFUNDS.c.payment_id.in_(payment_ids))
            .order_by(REFUNDS.c.payment_id, REFUNDS.c.created_at, REFUNDS.c.id)
        )
        found: dict[str, list[RefundRecord]] = {payment_id: [] for payment_id in payment_ids}
        for row in rows:
            found[row.payment_id].append(_refund(row))
        return found

    async def whole_is_under_way(self, connection: Connection, payment_id: str) -> bool:
        """True if all that is left of a payment is being given back already."""
        query = select(REFUNDS.c.id).where(
            REFUNDS.c.payment_id == payment_id, REFUNDS.c.whole, REFUNDS.c.status.in_(_UNDER_WAY)
        )
        return await connection.scalar(query.limit(1)) is not None

    async def due(self, connection: Connection, now: datetime, limit: int) -> list[str]:
        """Return the ids of refunds that are due, the longest due first."""
        return await connection.scalars(
            select(REFUNDS.c.id).where(REFUNDS.c.due_at <= now).order_by(REFUNDS.c.due_at).limit(limit)
        )

    async def pending_of(self, connection: Connection, payment_id: str) -> list[str]:
        """Return the ids of a payment's refunds that wait for the provider."""
        return await connection.scalars(
            select(REFUNDS.c.id).where(
                REFUNDS.c.payment_id == payment_id, REFUNDS.c.status == RefundStatus.PENDING.value
            )
        )


def _refund(row: Any) -> RefundRecord:
    return RefundRecord(
        id=row.id,
        payment_id=row.payment_id,
        order_id=row.order_id,
        amount=Money(row.amount_minor, Currency(row.currency)),
        status=RefundStatus(row.status),
        reason=row.reason,
        requested_by=row.requested_by,
        whole=row.whole,
        ticket_ids=tuple(row.ticket_ids),
        provider_refund_id=row.provider_refund_id,
        failure=row.failure,
        attempts=row.attempts,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
