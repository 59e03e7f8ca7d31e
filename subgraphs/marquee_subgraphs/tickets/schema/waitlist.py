"""The waitlist as clients see it: entries, joining, leaving."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Locale, Payload, cost, mutation
from marquee_subgraphs.tickets.schema.orders import WaitlistEntry
from marquee_subgraphs.tickets.schema.seats import Info
from marquee_subgraphs.tickets.service.waitlist import JoinedEntry


def show(joined: JoinedEntry) -> WaitlistEntry:
    """Show an entry to who made it."""
    return WaitlistEntry.of(joined.listed, joined.access_token)


@strawberry.input
class JoinWaitlistInput:
    showtime_id: ID
    seats: int
    email: str | None = strawberry.field(
        default=None, description="The address to which a guest's offers are sent."
    )
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
