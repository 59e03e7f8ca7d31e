"""Figures as clients read them, and what they add to films, people and what has seats to sell."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.analytics import domain
from marquee_subgraphs.analytics.domain import Filling
from marquee_subgraphs.analytics.service import AnalyticsService, SalesKey
from marquee_subgraphs.kit.graphql import Context, DateRangeInput, Money, Representation, field

Info: TypeAlias = strawberry.Info[Context[AnalyticsService], None]


def span_of(range_: DateRangeInput) -> domain.Span:
    return domain.Span.of(range_.from_, range_.to, "range")


@strawberry.type
class Occupancy:
    """Seats sold of seats there are."""

    sold: int
    seats: int
    ratio: float

    @classmethod
    def of(cls, filling: Filling) -> Self:
        return cls(sold=filling.sold, seats=filling.seats, ratio=filling.ratio)


@strawberry.type
class SalesFigures:
    """Orders paid, tickets sold less those given back, money taken less money returned."""

    orders: int
    tickets_sold: int
    revenue: list[Money]

    @classmethod
    def of(cls, figures: domain.SalesFigures) -> Self:
        return cls(
            orders=figures.orders,
            tickets_sold=figures.tickets,
            revenue=[Money.of(money) for money in figures.revenue],
        )


@federation.interface_object(keys=["id"])
class Bookable:
    """A cinema, an auditorium or a showtime; the prefix of its id says which."""

    id: ID
    seat_count: int = federation.field(external=True)
    representation: strawberry.Private[Representation]

    @classmethod
    def of_reference(cls, representation: Representation) -> Bookable:
        seats = representation["seatCount"] if "seatCount" in representation else 0  # noqa: SIM401 - a Representation has no KeyError
        return cls(id=ID(representation.text("id")), seat_count=seats, representation=representation)

    @field(
        requires="seatCount",
        description="Of a showtime; of a cinema or auditorium over its showtimes from thirty days ago on.",
    )
    async def occupancy(self, info: Info) -> Occupancy | None:
        seats = int(self.representation["seatCount"])
        filling = await info.context.loaders(info.context.service.figures.occupancies).load(self.id)
        if filling is None or filling.seats == 0:
            filling = Filling(0 if filling is None else filling.sold, seats)
        return Occupancy.of(filling)

    @field(scopes=["reports:read"], description="Of all time when no range is given.")
    async def sales(
        self,
        info: Info,
        range_: Annotated[DateRangeInput | None, strawberry.argument(name="range")] = None,
    ) -> SalesFigures | None:
        context = info.context
        figures = context.service.figures
        cinema_id = await context.loaders(figures.cinemas).load(self.id)
        figures.require_seller(context.viewer, cinema_id)
        key = SalesKey(self.id, None if range_ is None else span_of(range_))
        found = await context.loaders(figures.sales).load(key)
        assert found is not None, "sales returns every key"
        return SalesFigures.of(found)


@strawberry.type
class MovieMetrics:
    """How often a film's page was seen, and how many tickets it sold."""

    views: int
    tickets_sold: int
    views_last7_days: int
    tickets_last7_days: int


@federation.type(keys=["id"])
class Movie:
    """A film, as far as it is watched and sold."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> Movie:
        return cls(id=ID(representation.text("id")))

    @field()
    async def metrics(self, info: Info) -> MovieMetrics | None:
        found = await info.context.loaders(info.context.service.figures.movies).load(self.id)
        assert found is not None, "movies returns every id"
        return MovieMetrics(
            views=found.views,
            tickets_sold=found.tickets,
            views_last7_days=found.recent_views,
            tickets_last7_days=found.recent_tickets,
        )


@strawberry.type
class UserBehavior:
    """What a person bought and saw."""

    orders: int
    tickets_bought: int
    movies_seen: int = strawberry.field(description="Films whose showtime they entered.")
    favourite_genres: list[str]
    last_seen_at: datetime | None


@federation.type(keys=["id"])
class User:
    """A person, as far as they go to the cinema."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> User:
        return cls(id=ID(representation.text("id")))

    @field(authenticated=True, description="For oneself and for admins.")
    async def behavior(self, info: Info) -> UserBehavior | None:
        context = info.context
        context.service.figures.require_reader(context.viewer, self.id)
        found = await context.loaders(context.service.figures.behaviors).load(self.id)
        assert found is not None, "behaviors returns every id"
        return UserBehavior(
            orders=found.orders,
            tickets_bought=found.tickets,
            movies_seen=found.movies_seen,
            favourite_genres=list(found.favourite_genres),
            last_seen_at=found.last_seen_at,
        )
