"""What is read of memberships and rewards: for many at once, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import is_id
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import NotAllowed
from marquee_subgraphs.loyalty.domain import LedgerEntry, MembershipRecord, RewardRecord, VoucherRecord
from marquee_subgraphs.loyalty.settling import Settling
from marquee_subgraphs.loyalty.store import LoyaltyStore

POINTS_WRITE: Final = "points:write"
USERS_READ: Final = "users:read"


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """The key of a nested page: whose ledger, and which page of it."""

    membership_id: str
    request: PageRequest


class Reading:
    """Reads members as they are now, whether or not the settling task has come round."""

    def __init__(self, *, database: Database, store: LoyaltyStore, settling: Settling, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._settling = settling
        self._clock = clock

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
        await self._settling.settle(due)
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
