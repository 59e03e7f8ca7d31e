"""Memberships, ledgers, rewards and vouchers as clients read them. Thin: the service decides."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`)
from __future__ import annotations

from datetime import datetime
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import Connection, Context, Money, Representation, connection_size, field
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.loyalty import domain
from marquee_subgraphs.loyalty.domain import (
    EntryKind,
    MembershipRecord,
    Plan,
    RewardRecord,
    Tier,
    VoucherKind,
    VoucherRecord,
)
from marquee_subgraphs.loyalty.service import LedgerPage, LoyaltyService

Info: TypeAlias = strawberry.Info[Context[LoyaltyService], None]

strawberry.enum(Tier, name="Tier", description="By the points of the last twelve months.")
strawberry.enum(Plan, name="MembershipPlan", description="Granted by staff.")
strawberry.enum(EntryKind, name="LedgerEntryKind")
strawberry.enum(VoucherKind, name="VoucherKind")


@federation.type(keys=["id"])
class Reward:
    """What points buy: a voucher for a later order."""

    id: ID
    name: str
    description: str
    cost: int = strawberry.field(description="In points.")
    kind: VoucherKind
    value: Money | None
    percent: int | None
    stock: int | None = strawberry.field(description="How many are left; null when there is always more.")
    active: bool

    @classmethod
    def of(cls, record: RewardRecord) -> Self:
        return cls(
            id=ID(record.id),
            name=record.name,
            description=record.description,
            cost=record.cost,
            kind=record.kind,
            value=None if record.value is None else Money.of(record.value),
            percent=record.percent,
            stock=record.stock,
            active=record.active,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        context = info.context
        record = await context.loaders(context.service.queries.rewards_by_id).load(representation.text("id"))
        return None if record is None else cls.of(record)


@strawberry.type
class RewardVoucher:
    """A reward that was redeemed: its code is for `placeOrder`."""

    record: strawberry.Private[VoucherRecord]
    code: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None

    @classmethod
    def of(cls, record: VoucherRecord) -> Self:
        return cls(
            record=record,
            code=record.code,
            issued_at=record.issued_at,
            expires_at=record.expires_at,
            used_at=record.used_at,
        )

    @field()
    async def reward(self, info: Info) -> Reward:
        loader = info.context.loaders(info.context.service.queries.rewards_by_id)
        record = await loader.load(self.record.reward_id)
        assert record is not None, "a foreign key keeps the reward"
        return Reward.of(record)


@strawberry.type
class LedgerEntry:
    """Points that came or went. `points` of a membership are the sum of the entries that are not pending;
    `pendingPoints` that of those that are, less what was released.
    """

    id: ID
    kind: EntryKind
    points: int
    pending: bool
    reason: str
    order_id: ID | None
    created_at: datetime

    @classmethod
    def of(cls, entry: domain.LedgerEntry) -> Self:
        return cls(
            id=ID(entry.id),
            kind=entry.kind,
            points=entry.points,
            pending=entry.pending,
            reason=entry.reason,
            order_id=None if entry.order_id is None else ID(entry.order_id),
            created_at=entry.created_at,
        )


@federation.type(keys=["id"])
class Membership:
    """A person in the loyalty programme."""

    id: ID
    tier: Tier
    plan: Plan
    points: int = strawberry.field(description="To spend; negative when spent ones were taken back.")
    pending_points: int = strawberry.field(description="Of showtimes that have not started.")
    points_to_next_tier: int | None
    next_tier: Tier | None
    joined_at: datetime

    @classmethod
    def of(cls, record: MembershipRecord) -> Self:
        return cls(
            id=ID(record.id),
            tier=record.tier,
            plan=record.plan,
            points=record.points,
            pending_points=record.pending,
            points_to_next_tier=record.points_to_next_tier,
            next_tier=record.next_tier,
            joined_at=record.joined_at,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        context = info.context
        record = await context.loaders(context.service.queries.members_by_id).load(representation.text("id"))
        readable = record is not None and context.service.queries.may_read(context.viewer, record.user_id)
        return cls.of(record) if record is not None and readable else None

    @field(directives=[connection_size()])
    async def ledger(self, info: Info, first: int = 20, after: str | None = None) -> Connection[LedgerEntry]:
        context = info.context
        key = LedgerPage(self.id, PageRequest.of(first, after, (int,)))
        page = await context.loaders(context.service.queries.ledger_pages).load(key)
        assert page is not None, "ledger_pages answers every key"

        async def count() -> int:
            return await context.loaders(context.service.queries.ledger_counts).load(self.id) or 0

        return Connection.of(page, LedgerEntry.of, count)

    @field(description="Newest first.")
    async def vouchers(self, info: Info) -> list[RewardVoucher]:
        loader = info.context.loaders(info.context.service.queries.vouchers_by_member)
        return [RewardVoucher.of(record) for record in await loader.load(self.id) or ()]


@federation.type(keys=["id"])
class User:
    """A person, as far as loyalty goes."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> User:
        return cls(id=ID(representation.text("id")))

    @field(authenticated=True, description="Null for a person who has not joined.")
    async def membership(self, info: Info) -> Membership | None:
        context = info.context
        context.service.queries.require_reader(context.viewer, self.id)
        record = await context.loaders(context.service.queries.members_by_user).load(self.id)
        return None if record is None else Membership.of(record)


@strawberry.type
class Query:
    @field(directives=[connection_size()], description="The cheapest first.")
    async def rewards(
        self, info: Info, first: int = 20, after: str | None = None
    ) -> Connection[Reward] | None:
        queries = info.context.service.queries
        page = await queries.page_of_rewards(PageRequest.of(first, after, (int, str)))
        return Connection.of(page, Reward.of, queries.count_rewards)

    @field()
    async def reward(self, info: Info, id: ID) -> Reward | None:
        record = await info.context.loaders(info.context.service.queries.rewards_by_id).load(id)
        return None if record is None else Reward.of(record)
