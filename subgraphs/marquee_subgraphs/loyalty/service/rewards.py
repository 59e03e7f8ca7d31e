"""Rewards: what points buy, and the vouchers that they become."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.loyalty.domain import (
    HIGHEST_COST,
    HIGHEST_STOCK,
    HIGHEST_VALUE_MINOR_UNITS,
    VOUCHER_LIFE,
    EntryKind,
    MembershipRecord,
    RewardRecord,
    VoucherKind,
    VoucherRecord,
    new_voucher_code,
)
from marquee_subgraphs.loyalty.errors import NotAMember, NotEnoughPoints, RewardUnavailable
from marquee_subgraphs.loyalty.events.published import VoucherIssued
from marquee_subgraphs.loyalty.service.points import Points, Posting
from marquee_subgraphs.loyalty.store import LoyaltyStore

REWARDS_WRITE: Final = "rewards:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReward:
    """What staff say of a reward. AMOUNT has a `value`, PERCENT a `percent`; FREE_SEAT neither."""

    name: str
    description: str
    cost: int
    kind: VoucherKind
    value: Money | None
    percent: int | None
    stock: int | None


class Rewards:
    """Offers rewards and redeems them."""

    def __init__(self, backend: Backend, store: LoyaltyStore, points: Points) -> None:
        self._backend = backend
        self._store = store
        self._points = points

    async def create(self, viewer: Viewer, new: NewReward) -> RewardRecord:
        """Offer something for points.

        Raises `NotAllowed` without the scope rewards:write, and `InvalidInputs`.
        """
        viewer.require_scope(REWARDS_WRITE)
        now = self._backend.clock.now()
        with InputCheck() as check:
            name = check.text("name", new.name, most=100)
            description = check.text("description", new.description, least=0, most=1_000, multiline=True)
            check.integer("cost", new.cost, least=1, most=HIGHEST_COST)
            _check_worth(check, new)
            if new.stock is not None:
                check.integer("stock", new.stock, least=0, most=HIGHEST_STOCK)
        reward = RewardRecord(
            id=new_id("rwd", now),
            name=name,
            description=description,
            cost=new.cost,
            kind=new.kind,
            value=new.value,
            percent=new.percent,
            stock=new.stock,
            active=True,
            created_at=now,
        )
        async with self._backend.database.transaction() as tx:
            await self._store.rewards.insert(tx, reward)
        return reward

    async def redeem(
        self, viewer: Viewer, *, reward_id: str, idempotency_key: str
    ) -> tuple[VoucherRecord, MembershipRecord]:
        """Spend points on a reward: never more points than the member has, nor more rewards than the stock.

        Raises `Unauthenticated`, `InvalidInputs`, `NotAMember`, `RewardUnavailable`, `NotEnoughPoints`,
        `IdempotencyConflict`.
        """
        user_id = viewer.require_user()
        with InputCheck() as check:
            check.identifier("rewardId", reward_id, "rwd")
            check.idempotency_key(idempotency_key)

        async def work(tx: Transaction) -> tuple[VoucherRecord, MembershipRecord]:
            # The key is claimed first: a repeated request must not take a second reward from the stock.
            known = await self._backend.idempotency.run(
                tx,
                key=idempotency_key,
                scope=f"{user_id}:redeemReward",
                fingerprint=fingerprint([reward_id]),
            )
            member = await self._store.members.lock(tx, user_id=user_id)
            if member is None:
                raise NotAMember
            if isinstance(known, Answered):
                voucher = await self._store.rewards.find_voucher(tx, known.answer)
                assert voucher is not None, "a voucher is never deleted"
                return voucher, member
            # Points of a showtime that started a second ago may be spent, whether or not the periodic release
            # ran.
            member = await self._points.release(tx, member)
            voucher, member = await self._spend(tx, member, user_id, reward_id)
            await known.store(tx, voucher.code)
            return voucher, await self._points.close(tx, member)

        return await self._backend.database.run(work)

    async def _spend(
        self, tx: Transaction, member: MembershipRecord, user_id: str, reward_id: str
    ) -> tuple[VoucherRecord, MembershipRecord]:
        # The stock is taken before the points are looked at; a refusal rolls both back.
        reward = await self._store.rewards.take(tx, reward_id)
        if reward is None:
            raise RewardUnavailable
        if member.points < reward.cost:
            raise NotEnoughPoints(reward.cost - member.points)
        now = self._backend.clock.now()
        voucher = VoucherRecord(
            code=new_voucher_code(),
            membership_id=member.id,
            reward_id=reward.id,
            cost=reward.cost,
            issued_at=now,
            expires_at=now + VOUCHER_LIFE,
            used_at=None,
        )
        await self._store.rewards.insert_voucher(tx, voucher)
        posting = Posting(
            kind=EntryKind.REDEEMED,
            points=-reward.cost,
            reason=reward.name,
            key=f"redeemed:{voucher.code}",
        )
        member = await self._points.post(tx, member, posting)
        issued = VoucherIssued.of(voucher, reward, user_id)
        await self._backend.outbox.add(tx, issued, aggregate_id=voucher.code)
        return voucher, member


def _check_worth(check: InputCheck, new: NewReward) -> None:
    if new.kind is VoucherKind.AMOUNT:
        if new.value is None:
            check.problem("value", "is needed for a voucher of an amount")
        elif not 0 < new.value.minor_units <= HIGHEST_VALUE_MINOR_UNITS:
            check.problem("value", f"must be more than 0, at most {HIGHEST_VALUE_MINOR_UNITS // 100}")
    elif new.value is not None:
        check.problem("value", "is only for a voucher of an amount")
    if new.kind is VoucherKind.PERCENT:
        if new.percent is None:
            check.problem("percent", "is needed for a voucher of a percentage")
        else:
            check.integer("percent", new.percent, least=1, most=100)
    elif new.percent is not None:
        check.problem("percent", "is only for a voucher of a percentage")
