"""Orders, tickets and waitlist entries as clients see them, and what tickets adds to users and movies.

These types refer to each other, so they share a file.
"""

from __future__ import annotations

import io
from datetime import datetime
from typing import Self

import segno
import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import (
    Connection,
    Money,
    Representation,
    connection_size,
    cost,
    field,
    list_size,
)
from marquee_subgraphs.kit.money import Money as ExactMoney
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.kit.refusals import NotAllowed
from marquee_subgraphs.tickets.domain.orders import Order as OrderRecord
from marquee_subgraphs.tickets.domain.orders import OrderStatus, TicketStatus
from marquee_subgraphs.tickets.domain.orders import Ticket as TicketRecord
from marquee_subgraphs.tickets.domain.refunds import RefundOption as Option
from marquee_subgraphs.tickets.domain.waitlist import ListedEntry, WaitlistStatus
from marquee_subgraphs.tickets.schema.holds import Hold
from marquee_subgraphs.tickets.schema.seats import (
    SEAT_PLACE,
    Info,
    PriceLine,
    Seat,
    Showtime,
    load_seats,
)
from marquee_subgraphs.tickets.service.queries import may_read
from marquee_subgraphs.tickets.store.pages import OrderQuery, TicketQuery

strawberry.enum(OrderStatus, name="OrderStatus")
strawberry.enum(TicketStatus, name="TicketStatus")
strawberry.enum(WaitlistStatus, name="WaitlistStatus")


_SHOWN_AT_ONCE = 100


@strawberry.type
class RefundOption:
    """What giving the order back until then is worth."""

    until: datetime | None
    refund: Money
    staff_only: bool

    @classmethod
    def of(cls, option: Option) -> Self:
        return cls(until=option.until, refund=Money.of(option.amount), staff_only=option.staff_only)


@federation.type(keys=["id"])
class Ticket:
    """The right to one seat of one showtime."""

    record: strawberry.Private[TicketRecord]
    id: ID
    status: TicketStatus
    checked_in_at: datetime | None

    @classmethod
    def of(cls, record: TicketRecord) -> Self:
        return cls(record=record, id=ID(record.id), status=record.status, checked_in_at=record.checked_in_at)

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Ticket | None:
        return await load_ticket(info, representation.text("id"))

    @field(provides=SEAT_PLACE)
    async def seat(self, info: Info) -> Seat:
        seats = await load_seats(info, self.record.showtime_id, [self.record.seat_label])
        return seats[0]

    @field(description="The signed text that the door scans.")
    def qr_code(self, info: Info) -> str:
        return info.context.service.queries.code_of(self.record)

    @field(description="The same as a picture.", directives=[cost(3)])
    def qr_svg(self, info: Info) -> str:
        text = info.context.service.queries.code_of(self.record)
        drawn = io.BytesIO()
        segno.make(text, error="m", micro=False).save(
            drawn, kind="svg", xmldecl=False, border=2, scale=4, svgclass=None, lineclass=None
        )
        return drawn.getvalue().decode()

    @field(description="What the seat cost, discounts taken off; the booking fee is the order's.")
    def price(self) -> Money:
        return Money.of(self.record.net)

    @field()
    async def order(self, info: Info) -> Order:
        service = info.context.service
        record = await info.context.loaders(service.queries.orders).load(self.record.order_id)
        assert record is not None, "a foreign key keeps the order"
        return Order.of(record, info)

    @field()
    def showtime(self) -> Showtime | None:
        return Showtime(id=ID(self.record.showtime_id))


async def load_ticket(info: Info, ticket_id: str) -> Ticket | None:
    """Return a ticket that the viewer may see, or None."""
    record = await info.context.loaders(info.context.service.queries.tickets).load(ticket_id)
    if record is None:
        return None
    allowed = may_read(info.context.viewer, user_id=record.user_id, cinema_id=record.cinema_id)
    return Ticket.of(record) if allowed else None


@federation.type(keys=["id"])
class Order:
    """An order; its price was frozen when it was placed. Pending past its time reads EXPIRED."""

    record: strawberry.Private[OrderRecord]
    is_opened: strawberry.Private[bool]
    """False for a guest's order reached by its id alone: then its email and tickets are not shown."""
    id: ID
    number: str
    status: OrderStatus
    placed_at: datetime
    expires_at: datetime | None
    failure_reason: str | None
    access_token: str | None = strawberry.field(
        default=None, description="Only in the answer of placeOrder to a guest: the right to see the order."
    )

    @classmethod
    def of(
        cls, record: OrderRecord, info: Info, *, is_opened: bool = True, access_token: str | None = None
    ) -> Self:
        return cls(
            record=record,
            is_opened=is_opened,
            id=ID(record.id),
            number=record.number,
            status=record.status_at(info.context.clock.now()),
            placed_at=record.placed_at,
            expires_at=record.expires_at,
            failure_reason=record.failure_reason,
            access_token=access_token,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        order_id = representation.text("id")
        record = await info.context.loaders(info.context.service.queries.orders).load(order_id)
        if record is None:
            return None
        if may_read(info.context.viewer, user_id=record.user_id, cinema_id=record.cinema_id):
            return cls.of(record, info)
        # A guest who pays holds nothing but the unguessable id; see `is_opened`.
        return cls.of(record, info, is_opened=False) if record.user_id is None else None

    @field()
    def total(self) -> Money:
        return Money.of(self.record.total)

    @field()
    def subtotal(self) -> Money:
        return Money.of(self.record.subtotal)

    @field()
    def discount(self) -> Money:
        return Money.of(self.record.discount)

    @field()
    def booking_fee(self) -> Money:
        return Money.of(self.record.booking_fee)

    @field(description="Contained in the total, shown apart.")
    def tax(self) -> Money:
        return Money.of(self.record.tax)

    @field(directives=[list_size(12)])
    def lines(self) -> list[PriceLine]:
        record = self.record
        return [PriceLine.of(line, record.showtime_id) for line in record.lines]

    @field(provides=SEAT_PLACE, directives=[list_size(5)])
    async def seats(self, info: Info) -> list[Seat]:
        return await load_seats(info, self.record.showtime_id, self.record.seat_labels)

    @field(description="None before the seats are sold.", directives=[list_size(5)])
    async def tickets(self, info: Info) -> list[Ticket]:
        if not self.is_opened:
            return []
        loader = info.context.loaders(info.context.service.queries.tickets_of_orders)
        return [Ticket.of(record) for record in await loader.load(self.record.id) or ()]

    @field()
    def showtime(self) -> Showtime | None:
        return Showtime(id=ID(self.record.showtime_id))

    @field()
    def user(self) -> User | None:
        return None if self.record.user_id is None else User(id=ID(self.record.user_id))

    @field()
    def email(self) -> str | None:
        return self.record.email if self.is_opened else None

    @field(description="What giving the order back is worth, from now on.", directives=[list_size(3)])
    async def refund_options(self, info: Info) -> list[RefundOption]:
        queries, loaders = info.context.service.queries, info.context.loaders
        showtime = await loaders(queries.showtimes).load(self.record.showtime_id)
        tickets = await loaders(queries.tickets_of_orders).load(self.record.id)
        pending = await loaders(queries.pending_refunds).load(self.record.id)
        assert showtime is not None, "an order is for a showtime that is known"
        options = queries.refund_options(
            self.record, tickets or [], showtime, pending or ExactMoney.zero(self.record.total.currency)
        )
        return [RefundOption.of(option) for option in options]


@federation.type(keys=["id"])
class User:
    """A customer, as far as orders and tickets go."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> Self:
        return cls(id=ID(representation.text("id")))

    @field(
        authenticated=True,
        directives=[connection_size()],
        description="Oneself's, or with the scope tickets:read those of one's cinemas.",
    )
    async def orders(self, info: Info, first: int = 20, after: str | None = None) -> Connection[Order] | None:
        queries, loaders = info.context.service.queries, info.context.loaders
        query = OrderQuery(cinemas=queries.cinemas_for(info.context.viewer, self.id))
        request = PageRequest.of(first, after, (str,))
        page = await loaders(queries.order_pages).load((self.id, query, request))
        assert page is not None, "order_pages returns every key"

        async def count() -> int:
            return await loaders(queries.counts).load((self.id, query)) or 0

        return Connection.of(page, lambda record: Order.of(record, info), count)

    @field(
        authenticated=True,
        directives=[connection_size()],
        description="Oneself's, or with the scope tickets:read those of one's cinemas.",
    )
    async def tickets(
        self, info: Info, first: int = 20, after: str | None = None, upcoming: bool | None = None
    ) -> Connection[Ticket] | None:
        queries, loaders = info.context.service.queries, info.context.loaders
        now = queries.now()
        query = TicketQuery(
            cinemas=queries.cinemas_for(info.context.viewer, self.id),
            ending_after=now if upcoming is True else None,
            ended_before=now if upcoming is False else None,
        )
        request = PageRequest.of(first, after, (str,))
        page = await loaders(queries.ticket_pages).load((self.id, query, request))
        assert page is not None, "ticket_pages returns every key"

        async def count() -> int:
            return await loaders(queries.counts).load((self.id, query)) or 0

        return Connection.of(page, Ticket.of, count)

    @field(
        authenticated=True,
        directives=[list_size(5)],
        description="For oneself: the showtimes one waits for seats of, the newest first.",
    )
    async def waitlist(self, info: Info) -> list[WaitlistEntry] | None:
        if info.context.viewer.require_user() != self.id:
            raise NotAllowed
        listed = await info.context.loaders(info.context.service.waitlist.of_users).load(self.id)
        return [WaitlistEntry.of(each) for each in listed or ()]


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


@federation.type(keys=["id"])
class Movie:
    """A movie, as far as one's own tickets go."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> Self:
        return cls(id=ID(representation.text("id")))

    @field(authenticated=True, directives=[list_size(5)])
    async def my_tickets(self, info: Info) -> list[Ticket] | None:
        user_id = info.context.viewer.require_user()
        loader = info.context.loaders(info.context.service.queries.tickets_of_movies)
        records = await loader.load((user_id, self.id)) or []
        return [Ticket.of(record) for record in records[:_SHOWN_AT_ONCE]]
