"""Seats, prices and showtimes as clients see them. Thin: the service decides."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from secrets import token_hex
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import Context, Money, Representation, cost, field, list_size
from marquee_subgraphs.kit.money import Money as ExactMoney
from marquee_subgraphs.tickets.domain.hall import Hall, SeatView
from marquee_subgraphs.tickets.domain.identifiers import read_seat_id
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.pricing import Price, PriceLineKind
from marquee_subgraphs.tickets.domain.pricing import PriceLine as PricedLine
from marquee_subgraphs.tickets.domain.seat_states import SeatStatus
from marquee_subgraphs.tickets.domain.showtimes import Cancellation
from marquee_subgraphs.tickets.service import TicketService
from marquee_subgraphs.tickets.service.queries import SCOPE_READ, SeatChange

Info: TypeAlias = strawberry.Info[Context[TicketService], None]

strawberry.enum(SeatKind, name="SeatKind", description="What a seat is made for.")
strawberry.enum(SeatStatus, name="SeatStatus", description="By the clock: an expired hold reads AVAILABLE.")
strawberry.enum(PriceLineKind, name="PriceLineKind")

SEAT_PLACE = "label row number kind"
"""The fields of a seat that showtimes owns and this subgraph provides."""


@federation.type(keys=["id"])
class Seat:
    """One seat of one showtime: its state and its price."""

    id: ID
    label: str = federation.field(external=True)
    row: str = federation.field(external=True)
    number: int = federation.field(external=True)
    kind: SeatKind = federation.field(external=True)
    status: SeatStatus
    price: Money = strawberry.field(description="Before discounts and fees.")
    mine: bool = strawberry.field(
        description="Held or bought by who asks; false in seatMapChanged, which is the same for everybody."
    )

    @classmethod
    def of(cls, view: SeatView, price: Money | None = None) -> Self:
        place = view.place
        return cls(
            id=ID(view.id),
            label=place.label,
            row=place.row,
            number=place.number,
            kind=place.kind,
            status=view.status,
            price=price or Money.of(view.price),
            mine=view.mine,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        key = read_seat_id(representation.text("id"))
        if key is None:
            return None
        hall = await info.context.loaders(info.context.service.queries.seats).load(key)
        return None if hall is None else cls.of(hall.views([key[1]], info.context.viewer.user_id)[0])


def to_seats(views: Iterable[SeatView]) -> list[Seat]:
    """Return seats in their GraphQL type; equal prices share one object."""
    prices: dict[ExactMoney, Money] = {}
    seats: list[Seat] = []
    for view in views:
        price = prices.get(view.price)
        if price is None:
            price = prices[view.price] = Money.of(view.price)
        seats.append(Seat.of(view, price))
    return seats


async def load_seats(info: Info, showtime_id: str, labels: Iterable[str]) -> list[Seat]:
    """Return the seats of an order or a ticket."""
    keys = [(showtime_id, label) for label in labels]
    halls = await info.context.loaders(info.context.service.queries.seats).load_many(keys)
    user_id = info.context.viewer.user_id
    return to_seats(
        view
        for (_, label), hall in zip(keys, halls, strict=True)
        if hall is not None
        for view in hall.views([label], user_id)
    )


@strawberry.type
class SeatMap:
    """All seats of a showtime at one moment."""

    hall: strawberry.Private[Hall]
    version: int = strawberry.field(description="Give it to seatMapChanged to miss nothing.")
    now: datetime

    @classmethod
    def of(cls, hall: Hall) -> Self:
        return cls(hall=hall, version=hall.showtime.seat_version, now=hall.now)

    @field(provides=SEAT_PLACE, directives=[list_size(200)])
    def seats(self, info: Info) -> list[Seat]:
        return to_seats(self.hall.all(info.context.viewer.user_id))


@strawberry.type
class SeatMapChange:
    """Seats that changed; `resync` says that more was missed than is kept, and these are all seats."""

    change: strawberry.Private[SeatChange]
    version: int
    resync: bool

    @classmethod
    def of(cls, change: SeatChange) -> Self:
        return cls(change=change, version=change.hall.showtime.seat_version, resync=change.resync)

    @field(provides=SEAT_PLACE, directives=[list_size(20)])
    def seats(self, info: Info) -> list[Seat]:
        return to_seats(self.change.hall.views(self.change.labels, info.context.viewer.user_id))


@strawberry.type
class PriceLine:
    """One line of a price; discounts are negative."""

    showtime_id: strawberry.Private[str]
    seat_label: strawberry.Private[str | None]
    label: str
    kind: PriceLineKind
    amount: Money

    @classmethod
    def of(cls, line: PricedLine, showtime_id: str) -> Self:
        return cls(
            showtime_id=showtime_id,
            seat_label=line.seat_label,
            label=line.label,
            kind=line.kind,
            amount=Money.of(line.amount),
        )

    @field(provides="label")
    async def seat(self, info: Info) -> Seat | None:
        if self.seat_label is None:
            return None
        seats = await load_seats(info, self.showtime_id, [self.seat_label])
        return seats[0] if seats else None


@strawberry.type
class Quote:
    """What an order would cost now; nothing is promised."""

    lines: list[PriceLine]
    subtotal: Money
    discount: Money
    booking_fee: Money
    tax: Money = strawberry.field(description="Contained in the total, shown apart.")
    total: Money

    @classmethod
    def of(cls, price: Price, showtime_id: str) -> Self:
        return cls(
            lines=[PriceLine.of(line, showtime_id) for line in price.lines],
            subtotal=Money.of(price.subtotal),
            discount=Money.of(price.discount),
            booking_fee=Money.of(price.booking_fee),
            tax=Money.of(price.tax),
            total=Money.of(price.total),
        )


@strawberry.type
class ShowtimeCancellation:
    """The refunds of a cancelled showtime, given batch by batch."""

    reason: str
    orders_total: int
    orders_done: int
    finished_at: datetime | None

    @classmethod
    def of(cls, record: Cancellation) -> Self:
        return cls(
            reason=record.reason,
            orders_total=record.orders_total,
            orders_done=record.orders_done,
            finished_at=record.finished_at,
        )


@federation.type(keys=["id"])
class Showtime:
    """A showtime, as far as its seats go."""

    id: ID
    representation: strawberry.Private[Representation | None] = None
    base_price: Money = federation.field(
        external=True,
        default=None,  # only ever read from a representation, where `@requires` puts it
    )

    @classmethod
    def of_reference(cls, representation: Representation) -> Self:
        return cls(id=ID(representation.text("id")), representation=representation)

    @field(directives=[cost(5)])
    async def seat_map(self, info: Info) -> SeatMap | None:
        hall = await self._hall(info)
        return None if hall is None else SeatMap.of(hall)

    @field(
        provides=SEAT_PLACE,
        directives=[list_size(slicing=["count"])],
        description="The best seats left, neighbours where possible; fewer when fewer are left.\n\n"
        "While many take seats at the same time, not the same for everybody.",
    )
    async def best_available(self, info: Info, count: int) -> list[Seat] | None:
        hall = await self._hall(info)
        if hall is None:
            return []
        queries = info.context.service.queries
        return to_seats(queries.best_available(hall, count, info.context.viewer.user_id, lot=token_hex(8)))

    @field(requires="basePrice { amount currency }", description="What an order of these seats would cost.")
    async def quote(self, info: Info, seat_ids: list[ID], voucher: str | None = None) -> Quote | None:
        assert self.representation is not None, "the router asks for a quote with what it requires"
        price = await info.context.service.orders.quote(
            info.context.viewer,
            showtime_id=self.id,
            base_price=self.representation.money("basePrice"),
            seat_ids=seat_ids,
            voucher_code=voucher,
        )
        return Quote.of(price, self.id)

    @field(scopes=[SCOPE_READ], description="How far a cancelled showtime's refunds are; null otherwise.")
    async def cancellation(self, info: Info) -> ShowtimeCancellation | None:
        viewer, queries, loaders = info.context.viewer, info.context.service.queries, info.context.loaders
        viewer.require_scope(SCOPE_READ)
        showtime = await loaders(queries.showtimes).load(self.id)
        if showtime is None:
            return None
        viewer.require_works_at(showtime.cinema_id, SCOPE_READ)
        record = await loaders(queries.cancellations).load(self.id)
        return None if record is None else ShowtimeCancellation.of(record)

    async def _hall(self, info: Info) -> Hall | None:
        return await info.context.loaders(info.context.service.queries.halls).load(self.id)


__all__ = [
    "Info",
    "PriceLine",
    "Quote",
    "Seat",
    "SeatMap",
    "SeatMapChange",
    "Showtime",
    "load_seats",
    "to_seats",
]
