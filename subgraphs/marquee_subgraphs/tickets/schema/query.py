"""The queries of tickets."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`, `filter`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Connection, connection_size, field
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.kit.refusals import InvalidInput
from marquee_subgraphs.tickets.domain.identifiers import is_askable
from marquee_subgraphs.tickets.domain.orders import TicketStatus
from marquee_subgraphs.tickets.schema.orders import Order, Ticket, WaitlistEntry, load_ticket
from marquee_subgraphs.tickets.schema.seats import Info
from marquee_subgraphs.tickets.schema.vouchers import Voucher
from marquee_subgraphs.tickets.service.queries import SCOPE_READ
from marquee_subgraphs.tickets.service.staff import cinemas_seen_by
from marquee_subgraphs.tickets.store.pages import TicketQuery


@strawberry.input
class TicketFilter:
    showtime_id: ID | None = None
    status: TicketStatus | None = None
    order_id: ID | None = None


@strawberry.type
class Query:
    @field(description="One's own; staff of its cinema with tickets:read; a guest's with its access token.")
    async def order(self, info: Info, id: ID, access_token: str | None = None) -> Order | None:
        record = await info.context.service.queries.order(info.context.viewer, id, access_token)
        return None if record is None else Order.of(record, info)

    @field(scopes=[SCOPE_READ], directives=[connection_size()], description="Those of one's cinemas.")
    async def tickets(
        self, info: Info, first: int = 20, after: str | None = None, filter: TicketFilter | None = None
    ) -> Connection[Ticket] | None:
        viewer = info.context.viewer
        viewer.require_scope(SCOPE_READ)
        wanted = filter or TicketFilter()
        for name, identifier in (("showtimeId", wanted.showtime_id), ("orderId", wanted.order_id)):
            if identifier is not None and not is_askable(identifier):
                raise InvalidInput("is not a valid id", ["filter", name])
        query = TicketQuery(
            showtime_id=wanted.showtime_id,
            order_id=wanted.order_id,
            status=wanted.status,
            cinemas=cinemas_seen_by(viewer),
        )
        queries = info.context.service.queries
        page = await queries.page_tickets(query, PageRequest.of(first, after, (str,)))
        return Connection.of(page, Ticket.of, lambda: queries.count_tickets(query))

    @field(
        scopes=[SCOPE_READ],
        directives=[connection_size()],
        description="Who waits for seats of a showtime of one's cinema, the first come first.",
    )
    async def waitlist(
        self, info: Info, showtime_id: ID, first: int = 20, after: str | None = None
    ) -> Connection[WaitlistEntry] | None:
        waitlist = info.context.service.waitlist
        page = await waitlist.page(info.context.viewer, showtime_id, PageRequest.of(first, after, (int,)))
        return Connection.of(page, WaitlistEntry.of, lambda: waitlist.count(showtime_id))

    @field(authenticated=True)
    async def ticket(self, info: Info, id: ID) -> Ticket | None:
        info.context.viewer.require_user()
        return await load_ticket(info, id)

    @field(authenticated=True, description="One of one's own vouchers.")
    async def validate_voucher(self, info: Info, code: str) -> Voucher | None:
        record = await info.context.service.queries.voucher(info.context.viewer, code)
        return None if record is None else Voucher.of(record)
