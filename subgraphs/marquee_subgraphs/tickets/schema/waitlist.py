"""The waitlist as clients see it: entries, joining, leaving."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Locale, Payload, cost, field, mutation
from marquee_subgraphs.tickets.domain.waitlist import ListedEntry, WaitlistStatus
from marquee_subgraphs.tickets.schema.holds import Hold
from marquee_subgraphs.tickets.schema.orders import User
from marquee_subgraphs.tickets.schema.seats import Info, Showtime
from marquee_subgraphs.tickets.service.waitlist import JoinedEntry

strawberry.enum(WaitlistStatus, name="WaitlistStatus")


@strawberry.type
class WaitlistEntry:
    """Somebody waits for seats of a sold-out showtime."""

    listed: strawberry.Private[ListedEntry]
    id: ID
    seats: int
    status: WaitlistStatus
    joined_at: datetime
    ahead: int | None = strawberry.field(description="How many wait before; null unless it waits itself.")
    access_token: str | None = strawberry.field(
        default=None, description="Only in the answer of joinWaitlist to a guest: the right to leave."
    )

    @classmethod
    def of(cls, listed: ListedEntry, access_token: str | None = None) -> Self:
        entry = listed.entry
        return cls(
            listed=listed,
            id=ID(entry.id),
            seats=entry.seats,
            status=listed.status,
            joined_at=entry.joined_at,
            ahead=listed.ahead,
            access_token=access_token,
        )

    @field()
    def showtime(self) -> Showtime:
        return Showtime(id=ID(self.listed.entry.showtime_id))

    @field(description="Who waits; null for a guest.")
    def user(self) -> User | None:
        user_id = self.listed.entry.user_id
        return None if user_id is None else User(id=ID(user_id))

    @field(description="The seats that are offered, for who waits; null for anybody else.")
    async def offer(self, info: Info) -> Hold | None:
        entry = self.listed.entry
        if self.listed.status is not WaitlistStatus.OFFERED or not info.context.viewer.is_user(entry.user_id):
            return None
        held = await info.context.loaders(info.context.service.waitlist.offers).load(entry.hold_id or "")
        return None if held is None else Hold.of(held)


def show(joined: JoinedEntry) -> WaitlistEntry:
    """Show an entry to who made it."""
    return WaitlistEntry.of(joined.listed, joined.access_token)


@strawberry.input
class JoinWaitlistInput:
    showtime_id: ID
    seats: int
    email: str | None = strawberry.field(default=None, description="Where a guest is told.")
    locale: Locale | None = None


@strawberry.input
class LeaveWaitlistInput:
    entry_id: ID
    access_token: str | None = None


@strawberry.type
class JoinWaitlistPayload(Payload):
    entry: WaitlistEntry | None = None


@strawberry.type
class LeaveWaitlistPayload(Payload):
    success: bool = False


@strawberry.type
class WaitlistMutation:
    @mutation(
        directives=[cost(20)],
        description="Wait for seats of a sold-out showtime; who waits longest is offered what is given back.",
    )
    async def join_waitlist(self, info: Info, input: JoinWaitlistInput) -> JoinWaitlistPayload:
        joined = await info.context.service.waitlist.join(
            info.context.viewer,
            showtime_id=input.showtime_id,
            seats=input.seats,
            email=input.email,
            locale=input.locale,
        )
        return JoinWaitlistPayload(entry=show(joined))

    @mutation(description="Wait no longer; seats that were offered go to who comes next.")
    async def leave_waitlist(self, info: Info, input: LeaveWaitlistInput) -> LeaveWaitlistPayload:
        await info.context.service.waitlist.leave(
            info.context.viewer, entry_id=input.entry_id, access_token=input.access_token
        )
        return LeaveWaitlistPayload(success=True)
