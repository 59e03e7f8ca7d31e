"""The rows of people and memberships."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import or_, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.loyalty.domain import EntryKind, MembershipRecord, Plan, Tier
from marquee_subgraphs.loyalty.store.accruals import RELEASABLE
from marquee_subgraphs.loyalty.tables import ACCRUALS, LEDGER, MEMBERSHIPS, PEOPLE, SHOWTIMES

_MEMBERS_PER_ROUND: Final = 100


class MemberStore:
    """Reads and writes of people and memberships."""

    async def insert(self, tx: Transaction, membership: MembershipRecord) -> bool:
        """Add a member; return False and write nothing when the person is a member already."""
        rows = await tx.execute(
            tx.insert(MEMBERSHIPS)
            .values(
                id=membership.id,
                user_id=membership.user_id,
                plan=membership.plan.value,
                tier=membership.tier.value,
                points=0,
                pending=0,
                tier_points=0,
                joined_at=membership.joined_at,
            )
            .on_conflict_do_nothing(index_elements=[MEMBERSHIPS.c.user_id])
        )
        return rows.rowcount == 1

    async def lock(
        self, tx: Transaction, *, user_id: str | None = None, membership_id: str | None = None
    ) -> MembershipRecord | None:
        """Return and lock the member of either id; None when there is no such member, or no id."""
        if membership_id is None and user_id is None:
            return None
        mine = MEMBERSHIPS.c.id == membership_id if membership_id else MEMBERSHIPS.c.user_id == user_id
        # `id = NULL` would match nobody, but `user_id IS NULL` matches everybody who was erased: no id, no
        # member.
        row = (await tx.execute(select(MEMBERSHIPS).where(mine).with_for_update())).first()
        return None if row is None else _membership(row)

    async def save(self, tx: Transaction, membership: MembershipRecord) -> None:
        await tx.execute(
            update(MEMBERSHIPS)
            .where(MEMBERSHIPS.c.id == membership.id)
            .values(
                plan=membership.plan.value,
                tier=membership.tier.value,
                points=membership.points,
                pending=membership.pending,
                tier_points=membership.tier_points,
                tier_until=membership.tier_until,
            )
        )

    async def find_by(
        self, connection: Connection, column: Literal["id", "user_id"], ids: Sequence[str]
    ) -> dict[str, MembershipRecord]:
        """Return the members whose `column` is among `ids`, by that column."""
        rows = await connection.execute(select(MEMBERSHIPS).where(MEMBERSHIPS.c[column].in_(ids)))
        return {row._mapping[column]: _membership(row) for row in rows}

    async def find_due(
        self, connection: Connection, now: datetime, ids: Sequence[str] | None = None
    ) -> list[str]:
        """Return the ids of members, of `ids` or of all, with points to release or a tier that may end."""
        # Points mature at the start of their showtime; a tier may fall when its oldest points leave the
        # window.
        mature = (
            select(ACCRUALS.c.membership_id)
            .join(SHOWTIMES, SHOWTIMES.c.id == ACCRUALS.c.showtime_id)
            .where(RELEASABLE, SHOWTIMES.c.starts_at <= now)
        )
        statement = select(MEMBERSHIPS.c.id).where(
            or_(MEMBERSHIPS.c.tier_until <= now, MEMBERSHIPS.c.id.in_(mature))
        )
        if ids is None:
            statement = statement.limit(_MEMBERS_PER_ROUND)
        else:
            statement = statement.where(MEMBERSHIPS.c.id.in_(ids))
        return list(await connection.scalars(statement.order_by(MEMBERSHIPS.c.id)))

    async def knows_person(self, connection: Connection, user_id: str) -> bool:
        """Return True if the person exists and was not forgotten."""
        known = select(PEOPLE.c.user_id).where(PEOPLE.c.user_id == user_id, PEOPLE.c.is_forgotten.is_(False))
        return await connection.scalar(known) is not None

    async def keep_person(self, tx: Transaction, user_id: str) -> None:
        """Write that the person exists; a person who was forgotten stays forgotten."""
        await tx.execute(tx.insert(PEOPLE).values(user_id=user_id).on_conflict_do_nothing())

    async def hold_person(self, tx: Transaction, user_id: str) -> bool:
        """Lock the person against being forgotten until the transaction ends; return False when they were
        forgotten already. Two statements.
        """
        # The row must exist before it can be locked: joining and being erased at once must not leave a
        # membership that leads to an erased person.
        await self.keep_person(tx, user_id)
        query = select(PEOPLE.c.is_forgotten).where(PEOPLE.c.user_id == user_id)
        return not await tx.scalar(query.with_for_update(read=True))

    async def forget(self, tx: Transaction, user_id: str) -> None:
        """Remove all that leads to the person; keep the ledger, whose sums must hold. Three statements."""
        person = tx.insert(PEOPLE).values(user_id=user_id, is_forgotten=True)
        await tx.execute(
            person.on_conflict_do_update(index_elements=[PEOPLE.c.user_id], set_={"is_forgotten": True})
        )
        # Staff may have written a name into the reason of an adjustment: "Ana's birthday".
        mine = select(MEMBERSHIPS.c.id).where(MEMBERSHIPS.c.user_id == user_id)
        await tx.execute(
            update(LEDGER)
            .where(LEDGER.c.membership_id.in_(mine), LEDGER.c.kind == EntryKind.ADJUSTED.value)
            .values(reason="—")
        )
        await tx.execute(update(MEMBERSHIPS).where(MEMBERSHIPS.c.user_id == user_id).values(user_id=None))


def _membership(row: Any) -> MembershipRecord:
    values = {name: row._mapping[name] for name in MembershipRecord.__slots__}
    return MembershipRecord(**{**values, "plan": Plan(row.plan), "tier": Tier(row.tier)})
