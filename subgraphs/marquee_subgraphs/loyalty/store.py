"""The loyalty database: memberships, ledger, accruals, rewards, vouchers, showtimes heard of. The only SQL of
this subgraph but `verify.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select, tuple_, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.loyalty.domain import (
    TIER_WINDOW,
    Accrual,
    EntryKind,
    LedgerEntry,
    MembershipRecord,
    Plan,
    RewardRecord,
    Tier,
    VoucherKind,
    VoucherRecord,
)
from marquee_subgraphs.loyalty.tables import (
    ACCRUALS,
    LEDGER,
    MEMBERSHIPS,
    PEOPLE,
    REWARDS,
    SHOWTIMES,
    VOUCHERS,
)

_MEMBERS_PER_ROUND = 100


class LoyaltyStore:
    """Reads and writes of the loyalty database; each method is one statement or says otherwise."""

    # Members

    async def insert_membership(self, tx: Transaction, membership: MembershipRecord) -> bool:
        """Add a member; False, and nothing written, when the person is one already."""
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

    async def lock_membership(
        self, tx: Transaction, *, user_id: str | None = None, membership_id: str | None = None
    ) -> MembershipRecord | None:
        """A member, by either id, whom nobody else changes until the transaction ends; none without an id."""
        if membership_id is None and user_id is None:
            return None
        mine = MEMBERSHIPS.c.id == membership_id if membership_id else MEMBERSHIPS.c.user_id == user_id
        row = (await tx.execute(select(MEMBERSHIPS).where(mine).with_for_update())).first()
        return None if row is None else _membership(row)

    async def save_membership(self, tx: Transaction, membership: MembershipRecord) -> None:
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

    async def members(
        self, connection: Connection, column: str, ids: Sequence[str]
    ) -> dict[str, MembershipRecord]:
        """The members of these ids, by `id` or by `user_id`."""
        rows = await connection.execute(select(MEMBERSHIPS).where(MEMBERSHIPS.c[column].in_(ids)))
        return {row._mapping[column]: _membership(row) for row in rows}

    async def due_members(
        self, connection: Connection, now: datetime, ids: Sequence[str] | None = None
    ) -> list[str]:
        """Members, of these or of all, with points to release or a tier to look at anew."""
        mature = (
            select(ACCRUALS.c.membership_id)
            .join(SHOWTIMES, SHOWTIMES.c.id == ACCRUALS.c.showtime_id)
            .where(_RELEASABLE, SHOWTIMES.c.starts_at <= now)
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
        """Whether there is such a person, who has not been forgotten."""
        known = select(PEOPLE.c.user_id).where(PEOPLE.c.user_id == user_id, PEOPLE.c.is_forgotten.is_(False))
        return await connection.scalar(known) is not None

    async def keep_person(self, tx: Transaction, user_id: str) -> None:
        """Keep that there is such a person; who was forgotten stays so."""
        await tx.execute(tx.insert(PEOPLE).values(user_id=user_id).on_conflict_do_nothing())

    async def hold_person(self, tx: Transaction, user_id: str) -> bool:
        """Keep that there is such a person, and from being forgotten until the transaction ends; False when
        they were before. Two statements.
        """
        await self.keep_person(tx, user_id)
        query = select(PEOPLE.c.is_forgotten).where(PEOPLE.c.user_id == user_id)
        return not await tx.scalar(query.with_for_update(read=True))

    async def forget(self, tx: Transaction, user_id: str) -> None:
        """Leave the ledger, whose sums must hold, and nothing that leads to the person. Three statements."""
        person = tx.insert(PEOPLE).values(user_id=user_id, is_forgotten=True)
        await tx.execute(
            person.on_conflict_do_update(index_elements=[PEOPLE.c.user_id], set_={"is_forgotten": True})
        )
        mine = select(MEMBERSHIPS.c.id).where(MEMBERSHIPS.c.user_id == user_id)
        await tx.execute(
            update(LEDGER)
            .where(LEDGER.c.membership_id.in_(mine), LEDGER.c.kind == EntryKind.ADJUSTED.value)
            .values(reason="—")
        )
        await tx.execute(update(MEMBERSHIPS).where(MEMBERSHIPS.c.user_id == user_id).values(user_id=None))

    # Ledger

    async def add_entry(
        self, tx: Transaction, entry: LedgerEntry, *, key: str, counts_from: datetime | None
    ) -> None:
        """Append; `key` names its cause, so that no cause can be entered twice. `counts_from` is the moment
        from which the points count for the tier, None when they never do.
        """
        await tx.execute(
            LEDGER.insert().values(
                id=entry.id,
                membership_id=entry.membership_id,
                kind=entry.kind.value,
                points=entry.points,
                pending=entry.pending,
                reason=entry.reason,
                order_id=entry.order_id,
                created_at=entry.created_at,
                key=key,
                counts_from=counts_from,
            )
        )

    async def tier_standing(
        self, connection: Connection, membership_id: str, now: datetime
    ) -> tuple[int, datetime | None]:
        """The points of the twelve months up to `now`, and the moment the oldest of them counts from."""
        row = (
            await connection.execute(
                select(
                    func.coalesce(func.sum(LEDGER.c.points), 0).label("points"),
                    func.min(LEDGER.c.counts_from).label("oldest"),
                ).where(LEDGER.c.membership_id == membership_id, LEDGER.c.counts_from > now - TIER_WINDOW)
            )
        ).one()
        return int(row.points), row.oldest

    async def ledger_pages(
        self, connection: Connection, membership_ids: Sequence[str], request: PageRequest
    ) -> Mapping[str, list[LedgerEntry]]:
        """Up to `first + 1` entries of each member, newest first."""
        place = func.row_number().over(partition_by=LEDGER.c.membership_id, order_by=LEDGER.c.sequence.desc())
        inner = select(*_ENTRY, place.label("place")).where(LEDGER.c.membership_id.in_(membership_ids))
        if request.after is not None:
            inner = inner.where(LEDGER.c.sequence < request.after[0])
        ranked = inner.subquery()
        rows = await connection.execute(
            select(ranked).where(ranked.c.place <= request.first + 1).order_by(ranked.c.sequence.desc())
        )
        found: dict[str, list[LedgerEntry]] = {id_: [] for id_ in membership_ids}
        for row in rows:
            found[row.membership_id].append(_entry(row))
        return found

    async def count_entries(self, connection: Connection, membership_ids: Sequence[str]) -> dict[str, int]:
        rows = await connection.execute(
            select(LEDGER.c.membership_id, func.count().label("entries"))
            .where(LEDGER.c.membership_id.in_(membership_ids))
            .group_by(LEDGER.c.membership_id)
        )
        return {row.membership_id: row.entries for row in rows}

    # Accruals

    async def member_of_payment(self, tx: Transaction, payment_id: str) -> str | None:
        """Whose points a payment earned; None when nobody's, or not yet."""
        member: str | None = await tx.scalar(
            select(ACCRUALS.c.membership_id).where(ACCRUALS.c.payment_id == payment_id)
        )
        return member

    async def find_accrual(self, tx: Transaction, payment_id: str) -> Accrual | None:
        """What is known of a payment, kept from changing until the transaction ends."""
        query = select(ACCRUALS).where(ACCRUALS.c.payment_id == payment_id).with_for_update()
        row = (await tx.execute(query)).first()
        return None if row is None else Accrual(**row._mapping)

    async def save_accrual(self, tx: Transaction, accrual: Accrual) -> None:
        """Write an accrual as it is, whether or not there was one."""
        values = {name: getattr(accrual, name) for name in Accrual.__slots__}
        changed = {name: value for name, value in values.items() if name != "payment_id"}
        await tx.execute(
            tx.insert(ACCRUALS)
            .values(**values)
            .on_conflict_do_update(index_elements=[ACCRUALS.c.payment_id], set_=changed)
        )

    async def mature_accruals(
        self, tx: Transaction, membership_id: str, now: datetime
    ) -> list[tuple[Accrual, datetime]]:
        """Accruals of a member whose showtime has started, with when it did."""
        rows = await tx.execute(
            select(ACCRUALS, SHOWTIMES.c.starts_at)
            .join(SHOWTIMES, SHOWTIMES.c.id == ACCRUALS.c.showtime_id)
            .where(ACCRUALS.c.membership_id == membership_id, _RELEASABLE, SHOWTIMES.c.starts_at <= now)
            .order_by(ACCRUALS.c.payment_id)
        )
        return [
            (Accrual(**{name: row._mapping[name] for name in Accrual.__slots__}), row.starts_at)
            for row in rows
        ]

    async def released_from(self, tx: Transaction, payment_id: str) -> datetime | None:
        """The moment from which the released points of a payment count; None when none were released."""
        moment: datetime | None = await tx.scalar(
            select(LEDGER.c.counts_from).where(LEDGER.c.key == f"released:{payment_id}")
        )
        return moment

    # Showtimes

    async def save_showtime(self, tx: Transaction, showtime_id: str, values: Mapping[str, Any]) -> None:
        """Write what was heard of a showtime, whether or not it was known."""
        await tx.execute(
            tx.insert(SHOWTIMES)
            .values(id=showtime_id, **{"cancelled": False, **values})
            .on_conflict_do_update(index_elements=[SHOWTIMES.c.id], set_=dict(values))
        )

    async def movie_title(self, tx: Transaction, showtime_id: str) -> str | None:
        title: str | None = await tx.scalar(
            select(SHOWTIMES.c.movie_title).where(SHOWTIMES.c.id == showtime_id)
        )
        return title

    # Rewards and vouchers

    async def insert_reward(self, tx: Transaction, reward: RewardRecord) -> None:
        await tx.execute(
            REWARDS.insert().values(
                id=reward.id,
                name=reward.name,
                description=reward.description,
                cost=reward.cost,
                kind=reward.kind.value,
                value=None if reward.value is None else reward.value.minor_units,
                currency=None if reward.value is None else reward.value.currency.value,
                percent=reward.percent,
                stock=reward.stock,
                active=reward.active,
                created_at=reward.created_at,
            )
        )

    async def take_reward(self, tx: Transaction, reward_id: str) -> RewardRecord | None:
        """Take one from the stock; None, and nothing taken, when there is none to take."""
        rows = await tx.execute(
            update(REWARDS)
            .where(
                REWARDS.c.id == reward_id,
                REWARDS.c.active,
                or_(REWARDS.c.stock.is_(None), REWARDS.c.stock > 0),
            )
            .values(stock=case((REWARDS.c.stock.is_(None), None), else_=REWARDS.c.stock - 1))
            .returning(*REWARDS.c)
        )
        row = rows.first()
        return None if row is None else _reward(row)

    async def find_rewards(self, connection: Connection, ids: Sequence[str]) -> dict[str, RewardRecord]:
        rows = await connection.execute(select(REWARDS).where(REWARDS.c.id.in_(ids)))
        return {row.id: _reward(row) for row in rows}

    async def page_of_rewards(self, connection: Connection, request: PageRequest) -> list[RewardRecord]:
        """Up to `first + 1` rewards, the cheapest first."""
        query = select(REWARDS).order_by(REWARDS.c.cost, REWARDS.c.id).limit(request.first + 1)
        if request.after is not None:
            query = query.where(tuple_(REWARDS.c.cost, REWARDS.c.id) > request.after)
        return [_reward(row) for row in await connection.execute(query)]

    async def count_rewards(self, connection: Connection) -> int:
        return int(await connection.scalar(select(func.count()).select_from(REWARDS)))

    async def insert_voucher(self, tx: Transaction, voucher: VoucherRecord) -> None:
        await tx.execute(
            VOUCHERS.insert().values({name: getattr(voucher, name) for name in VoucherRecord.__slots__})
        )

    async def find_voucher(self, connection: Connection, code: str) -> VoucherRecord | None:
        row = (await connection.execute(select(*_VOUCHER).where(VOUCHERS.c.code == code))).first()
        return None if row is None else VoucherRecord(**row._mapping)

    async def vouchers_of(
        self, connection: Connection, membership_ids: Sequence[str]
    ) -> Mapping[str, list[VoucherRecord]]:
        """The vouchers of each member, newest first."""
        rows = await connection.execute(
            select(*_VOUCHER)
            .where(VOUCHERS.c.membership_id.in_(membership_ids))
            .order_by(VOUCHERS.c.issued_at.desc(), VOUCHERS.c.code)
        )
        found: dict[str, list[VoucherRecord]] = {id_: [] for id_ in membership_ids}
        for row in rows:
            found[row.membership_id].append(VoucherRecord(**row._mapping))
        return found

    async def set_voucher_used(self, tx: Transaction, code: str, used_at: datetime | None) -> None:
        await tx.execute(update(VOUCHERS).where(VOUCHERS.c.code == code).values(used_at=used_at))


_RELEASABLE = ACCRUALS.c.released_at.is_(None) & ACCRUALS.c.captured.is_not(None) & ~SHOWTIMES.c.cancelled
_ENTRY = [LEDGER.c[name] for name in LedgerEntry.__slots__]
_VOUCHER = [VOUCHERS.c[name] for name in VoucherRecord.__slots__]


def _membership(row: Any) -> MembershipRecord:
    values = {name: row._mapping[name] for name in MembershipRecord.__slots__}
    return MembershipRecord(**{**values, "plan": Plan(row.plan), "tier": Tier(row.tier)})


def _entry(row: Any) -> LedgerEntry:
    values = {name: row._mapping[name] for name in LedgerEntry.__slots__}
    return LedgerEntry(**{**values, "kind": EntryKind(row.kind)})


def _reward(row: Any) -> RewardRecord:
    return RewardRecord(
        id=row.id,
        name=row.name,
        description=row.description,
        cost=row.cost,
        kind=VoucherKind(row.kind),
        value=None if row.value is None else Money(row.value, Currency(row.currency)),
        percent=row.percent,
        stock=row.stock,
        active=row.active,
        created_at=row.created_at,
    )
