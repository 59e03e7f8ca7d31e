"""The rows of rewards and of the vouchers that they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, or_, select, tuple_, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.loyalty.domain import RewardRecord, VoucherKind, VoucherRecord
from marquee_subgraphs.loyalty.tables import REWARDS, VOUCHERS

_VOUCHER = [VOUCHERS.c[name] for name in VoucherRecord.__slots__]


class RewardStore:
    """Reads and writes of rewards and vouchers."""

    async def insert(self, tx: Transaction, reward: RewardRecord) -> None:
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

    async def take(self, tx: Transaction, reward_id: str) -> RewardRecord | None:
        """Take one from the stock and return the reward; None when it is inactive or sold out."""
        # The condition and the decrement are one statement: of two members who want the last one, the second
        # finds `stock = 0` and gets no row.
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

    async def find(self, connection: Connection, ids: Sequence[str]) -> dict[str, RewardRecord]:
        rows = await connection.execute(select(REWARDS).where(REWARDS.c.id.in_(ids)))
        return {row.id: _reward(row) for row in rows}

    async def page(self, connection: Connection, request: PageRequest) -> list[RewardRecord]:
        """Return up to `first + 1` rewards, the cheapest first."""
        query = select(REWARDS).order_by(REWARDS.c.cost, REWARDS.c.id).limit(request.first + 1)
        if request.after is not None:
            query = query.where(tuple_(REWARDS.c.cost, REWARDS.c.id) > request.after)
        return [_reward(row) for row in await connection.execute(query)]

    async def count(self, connection: Connection) -> int:
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
        """Return the vouchers of each member, newest first."""
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
