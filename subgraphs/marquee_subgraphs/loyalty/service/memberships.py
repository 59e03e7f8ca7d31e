"""Memberships: joining, and what staff change."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.refusals import NotAllowed, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.loyalty.domain import MOST_POINTS_ADJUSTED, EntryKind, MembershipRecord, Plan, Tier
from marquee_subgraphs.loyalty.events.published import MembershipJoined, UserErased
from marquee_subgraphs.loyalty.service.points import Points, Posting
from marquee_subgraphs.loyalty.store import LoyaltyStore

POINTS_WRITE: Final = "points:write"


class Memberships:
    """Makes members, and changes their points and plans on behalf of staff."""

    def __init__(self, backend: Backend, store: LoyaltyStore, points: Points) -> None:
        self._backend = backend
        self._store = store
        self._points = points

    async def join(self, viewer: Viewer) -> MembershipRecord:
        """Make the viewer a member; a member keeps what they have.

        Raises `Unauthenticated`, and `NotFound` for a person who asked to be erased.
        """
        user_id = viewer.require_user()

        async def work(tx: Transaction) -> MembershipRecord:
            return await self._enrol(tx, user_id)

        return await self._backend.database.run(work)

    async def adjust(
        self, viewer: Viewer, *, user_id: str, points: int, reason: str, idempotency_key: str
    ) -> MembershipRecord:
        """Add points, or subtract them when `points` is negative. A person who is no member becomes one.

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
            known = await self._backend.idempotency.run(
                tx,
                key=idempotency_key,
                scope=f"{actor_id}:adjustPoints",
                fingerprint=fingerprint([user_id, points, reason]),
            )
            member = await self._require_member(tx, user_id)
            if isinstance(known, Answered):
                return member
            before = await self._points.release(tx, member)
            posting = Posting(
                kind=EntryKind.ADJUSTED,
                points=points,
                reason=reason,
                key=f"adjusted:{actor_id}:{idempotency_key}",
                counts_from=self._backend.clock.now(),
            )
            after = await self._points.post(tx, before, posting)
            await known.store(tx, member.id)
            deed = Deed.of_staff(
                viewer, "adjustPoints", user_id, reason, before=before.points, after=after.points
            )
            await self._backend.audit.append(tx, deed)
            return await self._points.close(tx, after)

        return await self._backend.database.run(work)

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
            member = await self._points.release(tx, await self._require_member(tx, user_id))
            # Asking for the plan that the member has changes nothing, so it leaves no audit entry either.
            if member.plan is not plan:
                deed = Deed.of_staff(
                    viewer,
                    "setMembershipPlan",
                    user_id,
                    reason,
                    before=member.plan.value,
                    after=plan.value,
                )
                await self._backend.audit.append(tx, deed)
            return await self._points.close(tx, replace(member, plan=plan))

        return await self._backend.database.run(work)

    async def erase(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        """Forget the person, and publish that it is done."""
        await self._store.members.forget(tx, user_id)
        erased = UserErased(user_id=user_id, subgraph="loyalty")
        await self._backend.outbox.add(tx, erased, aggregate_id=user_id, cause=cause)

    async def _require_member(self, tx: Transaction, user_id: str) -> MembershipRecord:
        member = await self._store.members.lock(tx, user_id=user_id)
        if member is None:
            if not await self._store.members.knows_person(tx, user_id):
                raise NotFound("There is no such person.", ["input", "userId"])
            member = await self._enrol(tx, user_id)
        return member

    async def _enrol(self, tx: Transaction, user_id: str) -> MembershipRecord:
        if not await self._store.members.hold_person(tx, user_id):
            raise NotFound("There is no such person any more.")
        now = self._backend.clock.now()
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
        if await self._store.members.insert(tx, member):
            joined = MembershipJoined(user_id=user_id, tier=member.tier)
            await self._backend.outbox.add(tx, joined, aggregate_id=member.id)
            return member
        # Two requests to join at once: the second finds the membership of the first.
        existing = await self._store.members.lock(tx, user_id=user_id)
        assert existing is not None, "the membership that was in the way"
        return await self._points.close(tx, await self._points.release(tx, existing))


def _refuse_oneself(viewer: Viewer, user_id: str) -> None:
    if viewer.is_user(user_id):
        raise NotAllowed("Not for oneself: ask a colleague.", ["input", "userId"])
