"""The rows of accruals: what each payment has earned."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.loyalty.domain import Accrual
from marquee_subgraphs.loyalty.tables import ACCRUALS, LEDGER, SHOWTIMES

RELEASABLE = ACCRUALS.c.released_at.is_(None) & ACCRUALS.c.captured.is_not(None) & ~SHOWTIMES.c.cancelled


class AccrualStore:
    """Reads and writes of accruals."""

    async def member_of_payment(self, tx: Transaction, payment_id: str) -> str | None:
        """Return the membership that the payment earned points for; None when there is none (yet)."""
        member: str | None = await tx.scalar(
            select(ACCRUALS.c.membership_id).where(ACCRUALS.c.payment_id == payment_id)
        )
        return member

    async def lock(self, tx: Transaction, payment_id: str) -> Accrual | None:
        """Return and lock the accrual of a payment; None when there is none."""
        query = select(ACCRUALS).where(ACCRUALS.c.payment_id == payment_id).with_for_update()
        row = (await tx.execute(query)).first()
        return None if row is None else Accrual(**row._mapping)

    async def save(self, tx: Transaction, accrual: Accrual) -> None:
        """Write the accrual over the former one, if any."""
        values = {name: getattr(accrual, name) for name in Accrual.__slots__}
        changed = {name: value for name, value in values.items() if name != "payment_id"}
        await tx.execute(
            tx.insert(ACCRUALS)
            .values(**values)
            .on_conflict_do_update(index_elements=[ACCRUALS.c.payment_id], set_=changed)
        )

    async def find_mature(
        self, tx: Transaction, membership_id: str, now: datetime
    ) -> list[tuple[Accrual, datetime]]:
        """Return the releasable accruals of a member whose showtime has started, each with that start."""
        rows = await tx.execute(
            select(ACCRUALS, SHOWTIMES.c.starts_at)
            .join(SHOWTIMES, SHOWTIMES.c.id == ACCRUALS.c.showtime_id)
            .where(ACCRUALS.c.membership_id == membership_id, RELEASABLE, SHOWTIMES.c.starts_at <= now)
            .order_by(ACCRUALS.c.payment_id)
        )
        return [
            (Accrual(**{name: row._mapping[name] for name in Accrual.__slots__}), row.starts_at)
            for row in rows
        ]

    async def released_from(self, tx: Transaction, payment_id: str) -> datetime | None:
        """Return the moment from which the released points of a payment count; None before the release."""
        moment: datetime | None = await tx.scalar(
            select(LEDGER.c.counts_from).where(LEDGER.c.key == f"released:{payment_id}")
        )
        return moment
