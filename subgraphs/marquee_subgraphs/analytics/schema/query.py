"""The reports of analytics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import strawberry
from strawberry import ID

from marquee_subgraphs.analytics import domain
from marquee_subgraphs.analytics.domain import SalesGrouping
from marquee_subgraphs.analytics.schema.types import Info, Movie, span_of
from marquee_subgraphs.kit.graphql import DateRangeInput, Money, field, list_size
from marquee_subgraphs.kit.money import Money as ExactMoney

strawberry.enum(SalesGrouping, name="SalesGrouping")


@strawberry.type
class MovieSales:
    movie: Movie
    tickets_sold: int
    revenue: list[Money]


@strawberry.type
class DailySales:
    """A day in the cinemas' own time zones."""

    date: date
    tickets_sold: int
    revenue: list[Money]


@strawberry.type
class Dashboard:
    """The figures of a range: each by when it happened. Money by currency."""

    revenue: list[Money] = strawberry.field(description="Taken less returned.")
    refunded: list[Money]
    orders: int = strawberry.field(description="That were paid.")
    tickets_sold: int = strawberry.field(description="Less those given back.")
    check_ins: int
    new_users: int = strawberry.field(description="Of the whole chain.")
    occupancy: float | None = strawberry.field(
        description="Of the showtimes that start in the range; without a range, of the last thirty days' and"
        " those to come. Null when there are none."
    )
    top_movies: list[MovieSales]
    sales_by_day: list[DailySales]

    @classmethod
    def of(cls, found: domain.Dashboard) -> Self:
        figures = found.figures
        return cls(
            revenue=_moneys(figures.revenue),
            refunded=_moneys(figures.refunded),
            orders=figures.orders,
            tickets_sold=figures.tickets,
            check_ins=found.check_ins,
            new_users=found.new_users,
            occupancy=found.filling.ratio if found.filling.seats else None,
            top_movies=[
                MovieSales(movie=Movie(id=ID(id_)), tickets_sold=each.tickets, revenue=_moneys(each.revenue))
                for id_, each in found.top_movies.items()
            ],
            sales_by_day=[
                DailySales(date=day, tickets_sold=each.tickets, revenue=_moneys(each.revenue))
                for day, each in found.days.items()
            ],
        )


@strawberry.type
class SalesRow:
    """A day, film, cinema or showtime: `key` is its date or id."""

    key: str
    label: str
    orders: int
    tickets_sold: int
    revenue: list[Money]

    @classmethod
    def of(cls, row: domain.SalesRow) -> Self:
        return cls(
            key=row.key,
            label=row.label,
            orders=row.figures.orders,
            tickets_sold=row.figures.tickets,
            revenue=_moneys(row.figures.revenue),
        )


@strawberry.type
class OccupancyRow:
    """How full a showtime is; its start has the offset of the cinema's time zone."""

    showtime_id: ID
    movie_title: str
    starts_at: datetime
    sold: int
    seats: int
    ratio: float

    @classmethod
    def of(cls, showtime: domain.ShowtimeFact, filling: domain.Filling) -> Self:
        return cls(
            showtime_id=ID(showtime.id),
            movie_title=showtime.movie_title,
            starts_at=showtime.starts_at.astimezone(ZoneInfo(showtime.time_zone)),
            sold=filling.sold,
            seats=filling.seats,
            ratio=filling.ratio,
        )


@strawberry.type
class Query:
    """Managers read of their own cinemas, admins of all."""

    @field(scopes=["reports:read"], description="Of the last thirty days when no range is given.")
    async def dashboard(
        self,
        info: Info,
        range_: Annotated[DateRangeInput | None, strawberry.argument(name="range")] = None,
    ) -> Dashboard | None:
        span = None if range_ is None else span_of(range_)
        return Dashboard.of(await info.context.service.reports.dashboard(info.context.viewer, span))

    @field(
        scopes=["reports:read"],
        directives=[list_size(100, require_one_slicing_argument=False)],
        description="At most 1000 rows.",
    )
    async def sales_report(
        self,
        info: Info,
        range_: Annotated[DateRangeInput, strawberry.argument(name="range")],
        group_by: SalesGrouping,
    ) -> list[SalesRow] | None:
        rows = await info.context.service.reports.sales(info.context.viewer, span_of(range_), group_by)
        return [SalesRow.of(row) for row in rows]

    @field(
        scopes=["reports:read"],
        directives=[list_size(100, require_one_slicing_argument=False)],
        description="At most 1000 rows, by start.",
    )
    async def occupancy_report(
        self,
        info: Info,
        range_: Annotated[DateRangeInput, strawberry.argument(name="range")],
        cinema_id: ID | None = None,
    ) -> list[OccupancyRow] | None:
        reports = info.context.service.reports
        rows = await reports.occupancy(info.context.viewer, span_of(range_), cinema_id)
        return [OccupancyRow.of(showtime, filling) for showtime, filling in rows]


def _moneys(amounts: Sequence[ExactMoney]) -> list[Money]:
    return [Money.of(amount) for amount in amounts]
