"""What is read of memberships and rewards: of many at once, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import is_id
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import NotAllowed
from marquee_subgraphs.loyalty.domain import LedgerEntry, MembershipRecord, RewardRecord, VoucherRecord
from marquee_subgraphs.loyalty.service.memberships import POINTS_WRITE
from marquee_subgraphs.loyalty.service.release import PointsRelease
from marquee_subgraphs.loyalty.store import LoyaltyStore

USERS_READ: Final = "users:read"


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Names one page of one ledger."""

    membership_id: str
    request: PageRequest


class LoyaltyQueries:
    """Reads members as they are now, even when the periodic release has not run yet."""

    def __init__(self, backend: Backend, store: LoyaltyStore, release: PointsRelease) -> None:
        self._backend = backend
        self._store = store
        self._release = release

    def may_read(self, viewer: Viewer, user_id: str | None) -> bool:
        """Return True for the person themself, and for staff with a scope."""
        return viewer.is_user(user_id) or viewer.has_scope(USERS_READ) or viewer.has_scope(POINTS_WRITE)

    def require_reader(self, viewer: Viewer, user_id: str) -> None:
        """Raise `Unauthenticated` or `NotAllowed` unless `may_read`."""
        viewer.require_user()
        if not self.may_read(viewer, user_id):
            raise NotAllowed("This is somebody else's membership.")

    async def members_by_user(self, user_ids: Sequence[str]) -> Mapping[str, MembershipRecord]:
        """Return the memberships of these people, with all points released that are due now."""
        return await self._members("user_id", user_ids)

    async def members_by_id(self, ids: Sequence[str]) -> Mapping[str, MembershipRecord]:
        """Return these memberships, with all points released that are due now."""
        return await self._members("id", ids)

    async def _members(
        self, column: Literal["id", "user_id"], ids: Sequence[str]
    ) -> Mapping[str, MembershipRecord]:
        async with self._backend.database.read() as connection:
            found = await self._store.members.find_by(connection, column, ids)
            members = [member.id for member in found.values()]
            now = self._backend.clock.now()
            due = await self._store.members.find_due(connection, now, members) if members else []
        if not due:
            return found
        # A showtime has started and the periodic release has not run yet. Its points count from the start of
        # the showtime, so they are released before anything is answered.
        await self._release.release(due)
        async with self._backend.database.read() as connection:
            return await self._store.members.find_by(connection, column, ids)

    async def ledger_pages(self, keys: Sequence[LedgerPage]) -> Mapping[LedgerPage, Page[LedgerEntry]]:
        """Return a page of each ledger: one statement for all members with the same page request."""
        groups: dict[PageRequest, list[str]] = {}
        for key in keys:
            groups.setdefault(key.request, []).append(key.membership_id)
        pages: dict[LedgerPage, Page[LedgerEntry]] = {}
        async with self._backend.database.read() as connection:
            for request, ids in groups.items():
                found = await self._store.ledger.pages(connection, ids, request)
                for id_, rows in found.items():
                    page = Page.of(rows, request, lambda entry: (entry.sequence,))
                    pages[LedgerPage(id_, request)] = page
        return pages

    async def ledger_counts(self, membership_ids: Sequence[str]) -> Mapping[str, int]:
        """Return how many entries each ledger has."""
        async with self._backend.database.read() as connection:
            return await self._store.ledger.count(connection, membership_ids)

    async def vouchers_by_member(self, membership_ids: Sequence[str]) -> Mapping[str, list[VoucherRecord]]:
        """Return the vouchers of each member, newest first."""
        async with self._backend.database.read() as connection:
            return await self._store.rewards.vouchers_of(connection, membership_ids)

    async def rewards_by_id(self, ids: Sequence[str]) -> Mapping[str, RewardRecord]:
        """Return these rewards."""
        wanted = [id_ for id_ in ids if is_id(id_, "rwd")]
        if not wanted:
            return {}
        async with self._backend.database.read() as connection:
            return await self._store.rewards.find(connection, wanted)

    async def page_of_rewards(self, request: PageRequest) -> Page[RewardRecord]:
        """Return a page of rewards, the cheapest first."""
        async with self._backend.database.read() as connection:
            rows = await self._store.rewards.page(connection, request)
        return Page.of(rows, request, lambda reward: (reward.cost, reward.id))

    async def count_rewards(self) -> int:
        """Return how many rewards there are."""
        async with self._backend.database.read() as connection:
            return await self._store.rewards.count(connection)
