"""The use cases of loyalty: one method each, one transaction each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from subgraphs.kit.audit import AuditLog
from subgraphs.kit.clock import Clock
from subgraphs.kit.database import Database, Transaction
from subgraphs.kit.idempotency import Answered, Idempotency, fingerprint
from subgraphs.kit.identity import Viewer
from subgraphs.kit.ids import is_id, new_id
from subgraphs.kit.money import Money
from subgraphs.kit.pagination import Page, PageRequest
from subgraphs.kit.refusals import NotAllowed, NotFound
from subgraphs.kit.validation import InputCheck
from subgraphs.loyalty.books import Books
from subgraphs.loyalty.domain import (
    HIGHEST_COST,
    HIGHEST_STOCK,
    HIGHEST_VALUE_MINOR_UNITS,
    MOST_POINTS_ADJUSTED,
    VOUCHER_LIFE,
    EntryKind,
    LedgerEntry,
    MembershipRecord,
    Plan,
    RewardRecord,
    Tier,
    VoucherKind,
    VoucherRecord,
    new_voucher_code,
)
from subgraphs.loyalty.errors import NotAMember, NotEnoughPoints, RewardUnavailable
from subgraphs.loyalty.events import LoyaltyEvents
from subgraphs.loyalty.store import LoyaltyStore

POINTS_WRITE: Final = "points:write"
USERS_READ: Final = "users:read"
REWARDS_WRITE: Final = "rewards:write"


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """The key of a nested page: whose ledger, and which page of it."""

    membership_id: str
    request: PageRequest


class LoyaltyService:
    """Members, their points, and what points buy."""

    def __init__(
        self,
        *,
        database: Database,
        store: LoyaltyStore,
        books: Books,
        events: LoyaltyEvents,
        audit: AuditLog,
        idempotency: Idempotency,
        clock: Clock,
    ) -> None:
        self._database = database
        self._store = store
        self._books = books
        self._events = events
        self._audit = audit
        self._idempotency = idempotency
        self._clock = clock

    # Reading

    def may_read(self, viewer: Viewer, user_id: str | None) -> bool:
        """Tell whether the viewer may see this person's membership: oneself, or staff with a scope."""
        return viewer.is_user(user_id) or viewer.has_scope(USERS_READ) or viewer.has_scope(POINTS_WRITE)

    def require_reader(self, viewer: Viewer, user_id: str) -> None:
        """Raise `Unauthenticated` or `NotAllowed` unless `may_read`."""
        viewer.require_user()
        if not self.may_read(viewer, user_id):
            raise NotAllowed("This is somebody else's membership.")

    async def members_by_user(self, user_ids: Sequence[str]) -> Mapping[str, MembershipRecord]:
        """Batch load of memberships by person, with all that is due as of now."""
        return await self._members("user_id", user_ids)

    async def members_by_id(self, ids: Sequence[str]) -> Mapping[str, MembershipRecord]:
        """Batch load of memberships, with all that is due as of now."""
        return await self._members("id", ids)

    async def _members(self, column: str, ids: Sequence[str]) -> Mapping[str, MembershipRecord]:
        async with self._database.read() as connection:
            found = await self._store.members(connection, column, ids)
            members = [member.id for member in found.values()]
            due = await self._store.due_members(connection, self._clock.now(), members) if members else []
        if not due:
            return found
        # A showtime has started and the task has not come round yet: what one reads is right all the same.
        await self._settle(due)
        async with self._database.read() as connection:
            return await self._store.members(connection, column, ids)

    async def ledger_pages(self, keys: Sequence[LedgerPage]) -> Mapping[LedgerPage, Page[LedgerEntry]]:
        """Batch load of nested pages: one statement for all members that are asked for the same page."""
        groups: dict[PageRequest, list[str]] = {}
        for key in keys:
            groups.setdefault(key.request, []).append(key.membership_id)
        pages: dict[LedgerPage, Page[LedgerEntry]] = {}
        async with self._database.read() as connection:
            for request, ids in groups.items():
                found = await self._store.ledger_pages(connection, ids, request)
                for id_, rows in found.items():
                    page = Page.of(rows, request, lambda entry: (entry.sequence,))
                    pages[LedgerPage(id_, request)] = page
        return pages

    async def ledger_counts(self, membership_ids: Sequence[str]) -> Mapping[str, int]:
        """Batch load of how many entries each ledger has."""
        async with self._database.read() as connection:
            return await self._store.count_entries(connection, membership_ids)

    async def vouchers_by_member(self, membership_ids: Sequence[str]) -> Mapping[str, list[VoucherRecord]]:
        """Batch load of each member's vouchers."""
        async with self._database.read() as connection:
            return await self._store.vouchers_of(connection, membership_ids)

    async def rewards_by_id(self, ids: Sequence[str]) -> Mapping[str, RewardRecord]:
        """Batch load of rewards."""
        wanted = [id_ for id_ in ids if is_id(id_, "rwd")]
        if not wanted:
            return {}
        async with self._database.read() as connection:
            return await self._store.find_rewards(connection, wanted)

    async def page_of_rewards(self, request: PageRequest) -> Page[RewardRecord]:
        """Rewards, the cheapest first."""
        async with self._database.read() as connection:
            rows = await self._store.page_of_rewards(connection, request)
        return Page.of(rows, request, lambda reward: (reward.cost, reward.id))

    async def count_rewards(self) -> int:
        """How many rewards there are."""
        async with self._database.read() as connection:
            return await self._store.count_rewards(connection)

    # One's own

    async def join(self, viewer: Viewer) -> MembershipRecord:
        """Become a member; who is one already stays what they are. Raises `Unauthenticated`."""
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

    # Staff

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

    # Beside requests

    async def settle_due(self) -> None:
        """One round: release points of showtimes that have started, look at tiers that may have ended."""
        while True:
            async with self._database.read() as connection:
                due = await self._store.due_members(connection, self._clock.now())
            if not due:
                return
            await self._settle(due)

    async def _settle(self, membership_ids: Sequence[str]) -> None:
        for membership_id in membership_ids:

            async def work(tx: Transaction, membership_id: str = membership_id) -> None:
                member = await self._store.lock_membership(tx, membership_id=membership_id)
                assert member is not None, "a membership is never deleted"
                await self._books.close(tx, await self._books.release(tx, member))

            await self._database.run(work)

    async def _require_member(self, tx: Transaction, user_id: str) -> MembershipRecord:
        member = await self._store.lock_membership(tx, user_id=user_id)
        if member is None:
            if not await self._store.knows_person(tx, user_id):
                raise NotFound("There is no such person.", ["input", "userId"])
            member = await self._enrol(tx, user_id)
        return member

    async def _enrol(self, tx: Transaction, user_id: str) -> MembershipRecord:
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
