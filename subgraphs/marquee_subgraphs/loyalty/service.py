"""The use cases of loyalty that change something: one method each, one transaction each.

What is read is in `reading`, what time brings about in `settling`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.idempotency import Answered, Idempotency, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import NotAllowed, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.loyalty.books import Books
from marquee_subgraphs.loyalty.domain import (
    HIGHEST_COST,
    HIGHEST_STOCK,
    HIGHEST_VALUE_MINOR_UNITS,
    MOST_POINTS_ADJUSTED,
    VOUCHER_LIFE,
    EntryKind,
    MembershipRecord,
    Plan,
    RewardRecord,
    Tier,
    VoucherKind,
    VoucherRecord,
    new_voucher_code,
)
from marquee_subgraphs.loyalty.errors import NotAMember, NotEnoughPoints, RewardUnavailable
from marquee_subgraphs.loyalty.events import LoyaltyEvents
from marquee_subgraphs.loyalty.reading import POINTS_WRITE, Reading
from marquee_subgraphs.loyalty.settling import Settling
from marquee_subgraphs.loyalty.store import LoyaltyStore

REWARDS_WRITE: Final = "rewards:write"


class LoyaltyService:
    """Members, their points, and what points buy."""

    def __init__(
        self,
        *,
        reading: Reading,
        settling: Settling,
        database: Database,
        store: LoyaltyStore,
        books: Books,
        events: LoyaltyEvents,
        audit: AuditLog,
        idempotency: Idempotency,
        clock: Clock,
    ) -> None:
        self.reading = reading
        self.settling = settling
        self._database = database
        self._store = store
        self._books = books
        self._events = events
        self._audit = audit
        self._idempotency = idempotency
        self._clock = clock

    async def join(self, viewer: Viewer) -> MembershipRecord:
        """Become a member; who is one already stays what they are.

        Raises `Unauthenticated`, `NotFound` (whoever asked to be erased).
        """
        user_id = viewer.require_user()

        async def work(tx: Transaction) -> MembershipRecord:
            return await self._enrol(tx, user_id)

        return await self._database.run(work)

    async def redeem(
        self, viewer: Viewer, *, reward_id: str, idempotency_key: str
    ) -> tuple[VoucherRecord, MembershipRecord]:
        """Spend points on a reward: never more than there are, never more rewards than there are.

        Raises `Unauthenticated`, `InvalidInputs`, `NotAMember`, `RewardUnavailable`, `NotEnoughPoints`,
        `IdempotencyConflict`.
        """
        user_id = viewer.require_user()
        with InputCheck() as check:
            check.identifier("rewardId", reward_id, "rwd")
            check.idempotency_key(idempotency_key)

        async def work(tx: Transaction) -> tuple[VoucherRecord, MembershipRecord]:
            known = await self._idempotency.run(
                tx,
                key=idempotency_key,
                scope=f"{user_id}:redeemReward",
                fingerprint=fingerprint([reward_id]),
            )
            member = await self._store.lock_membership(tx, user_id=user_id)
            if member is None:
                raise NotAMember
            if isinstance(known, Answered):
                voucher = await self._store.find_voucher(tx, known.answer)
                assert voucher is not None, "a voucher is never deleted"
                return voucher, member
            member = await self._books.release(tx, member)
            voucher, member = await self._spend(tx, member, user_id, reward_id)
            await known.store(tx, voucher.code)
            return voucher, await self._books.close(tx, member)

        return await self._database.run(work)

    async def _spend(
        self, tx: Transaction, member: MembershipRecord, user_id: str, reward_id: str
    ) -> tuple[VoucherRecord, MembershipRecord]:
        reward = await self._store.take_reward(tx, reward_id)
        if reward is None:
            raise RewardUnavailable
        if member.points < reward.cost:
            raise NotEnoughPoints(reward.cost - member.points)
        now = self._clock.now()
        voucher = VoucherRecord(
            code=new_voucher_code(),
            membership_id=member.id,
            reward_id=reward.id,
            cost=reward.cost,
            issued_at=now,
            expires_at=now + VOUCHER_LIFE,
            used_at=None,
        )
        await self._store.insert_voucher(tx, voucher)
        member = await self._books.post(
            tx,
            member,
            EntryKind.REDEEMED,
            -reward.cost,
            reason=reward.name,
            key=f"redeemed:{voucher.code}",
        )
        await self._events.voucher_issued(tx, voucher, reward, user_id)
        return voucher, member

    async def create_reward(
        self,
        viewer: Viewer,
        *,
        name: str,
        description: str,
        cost: int,
        kind: VoucherKind,
        value: Money | None,
        percent: int | None,
        stock: int | None,
    ) -> RewardRecord:
        """Offer something for points. Raises `NotAllowed` without the scope rewards:write,
        `InvalidInputs`.
        """
        viewer.require_scope(REWARDS_WRITE)
        now = self._clock.now()
        with InputCheck() as check:
            name = check.text("name", name, most=100)
            description = check.text("description", description, least=0, most=1_000, multiline=True)
            check.integer("cost", cost, least=1, most=HIGHEST_COST)
            _check_worth(check, kind, value, percent)
            if stock is not None:
                check.integer("stock", stock, least=0, most=HIGHEST_STOCK)
        reward = RewardRecord(
            id=new_id("rwd", now),
            name=name,
            description=description,
            cost=cost,
            kind=kind,
            value=value,
            percent=percent,
            stock=stock,
            active=True,
            created_at=now,
        )
        async with self._database.transaction() as tx:
            await self._store.insert_reward(tx, reward)
        return reward

    async def adjust(
        self, viewer: Viewer, *, user_id: str, points: int, reason: str, idempotency_key: str
    ) -> MembershipRecord:
        """Give or take points, with a reason; whoever is given some and had not joined has then.

        Raises `NotAllowed` without the scope points:write and for oneself, `InvalidInputs`, `NotFound`,
        `IdempotencyConflict`.
        """
        actor_id = viewer.require_scope(POINTS_WRITE)
        _refuse_oneself(viewer, user_id)
        with InputCheck() as check:
            check.identifier("userId", user_id, "usr")
            check.integer("points", points, least=-MOST_POINTS_ADJUSTED, most=MOST_POINTS_ADJUSTED)
            if points == 0:
                check.problem("points", "must not be 0")
            reason = check.text("reason", reason, most=500)
            check.idempotency_key(idempotency_key)

        async def work(tx: Transaction) -> MembershipRecord:
            known = await self._idempotency.run(
                tx,
                key=idempotency_key,
                scope=f"{actor_id}:adjustPoints",
                fingerprint=fingerprint([user_id, points, reason]),
            )
            member = await self._require_member(tx, user_id)
            if isinstance(known, Answered):
                return member
            before = await self._books.release(tx, member)
            after = await self._books.post(
                tx,
                before,
                EntryKind.ADJUSTED,
                points,
                reason=reason,
                key=f"adjusted:{actor_id}:{idempotency_key}",
                counts_from=self._clock.now(),
            )
            await known.store(tx, member.id)
            await self._record(tx, viewer, "adjustPoints", user_id, reason, before.points, after.points)
            return await self._books.close(tx, after)

        return await self._database.run(work)

    async def set_plan(self, viewer: Viewer, *, user_id: str, plan: Plan, reason: str) -> MembershipRecord:
        """Grant or end a plan. Raises `NotAllowed` without the scope points:write and for oneself,
        `InvalidInputs`, `NotFound`.
        """
        viewer.require_scope(POINTS_WRITE)
        _refuse_oneself(viewer, user_id)
        with InputCheck() as check:
            check.identifier("userId", user_id, "usr")
            reason = check.text("reason", reason, most=500)

        async def work(tx: Transaction) -> MembershipRecord:
            member = await self._books.release(tx, await self._require_member(tx, user_id))
            if member.plan is not plan:
                before, after = member.plan.value, plan.value
                await self._record(tx, viewer, "setMembershipPlan", user_id, reason, before, after)
            return await self._books.close(tx, replace(member, plan=plan))

        return await self._database.run(work)

    async def _require_member(self, tx: Transaction, user_id: str) -> MembershipRecord:
        member = await self._store.lock_membership(tx, user_id=user_id)
        if member is None:
            if not await self._store.knows_person(tx, user_id):
                raise NotFound("There is no such person.", ["input", "userId"])
            member = await self._enrol(tx, user_id)
        return member

    async def _enrol(self, tx: Transaction, user_id: str) -> MembershipRecord:
        if not await self._store.hold_person(tx, user_id):
            raise NotFound("There is no such person any more.")
        now = self._clock.now()
        member = MembershipRecord(
            id=new_id("mbr", now),
            user_id=user_id,
            plan=Plan.STANDARD,
            tier=Tier.BRONZE,
            points=0,
            pending=0,
            tier_points=0,
            tier_until=None,
            joined_at=now,
        )
        if await self._store.insert_membership(tx, member):
            await self._events.joined(tx, member)
            return member
        existing = await self._store.lock_membership(tx, user_id=user_id)
        assert existing is not None, "the membership that was in the way"
        return await self._books.close(tx, await self._books.release(tx, existing))

    async def _record(
        self,
        tx: Transaction,
        viewer: Viewer,
        action: str,
        user_id: str,
        reason: str,
        before: object,
        after: object,
    ) -> None:
        await self._audit.record(
            tx,
            actor_id=viewer.user_id,
            actor_role="admin" if viewer.is_admin else "staff",
            action=action,
            target=user_id,
            reason=reason,
            before=before,
            after=after,
        )


def _refuse_oneself(viewer: Viewer, user_id: str) -> None:
    if viewer.is_user(user_id):
        raise NotAllowed("Not for oneself: ask a colleague.", ["input", "userId"])


def _check_worth(check: InputCheck, kind: VoucherKind, value: Money | None, percent: int | None) -> None:
    """AMOUNT has a value and PERCENT a percentage; neither has the other's, FREE_SEAT none."""
    if kind is VoucherKind.AMOUNT:
        if value is None:
            check.problem("value", "is needed for a voucher of an amount")
        elif not 0 < value.minor_units <= HIGHEST_VALUE_MINOR_UNITS:
            check.problem("value", f"must be more than 0, at most {HIGHEST_VALUE_MINOR_UNITS // 100}")
    elif value is not None:
        check.problem("value", "is only for a voucher of an amount")
    if kind is VoucherKind.PERCENT:
        if percent is None:
            check.problem("percent", "is needed for a voucher of a percentage")
        else:
            check.integer("percent", percent, least=1, most=100)
    elif percent is not None:
        check.problem("percent", "is only for a voucher of a percentage")
