"""Cinemas, auditoriums, showtimes and seats as clients see them."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`, `id`, `filter`)
from __future__ import annotations

from datetime import date as calendar_date
from datetime import datetime
from typing import Self, TypeAlias
from zoneinfo import ZoneInfo

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import (
    Connection,
    Context,
    CurrencyCode,
    Money,
    Representation,
    connection_size,
    field,
)
from marquee_subgraphs.kit.graphql.cache_control import kept_for
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.showtimes.domain.layout import SeatKind, SeatPlace
from marquee_subgraphs.showtimes.domain.showtimes import (
    AuditoriumRecord,
    CinemaRecord,
    ScreenFormat,
    ShowtimeRecord,
    ShowtimeStatus,
)
from marquee_subgraphs.showtimes.service import NestedPage, ShowtimeCriteria, ShowtimesService

Info: TypeAlias = strawberry.Info[Context[ShowtimesService], None]

strawberry.enum(SeatKind, name="SeatKind", description="What a seat is made for.")
strawberry.enum(ScreenFormat, name="ScreenFormat", description="How the film is projected.")
strawberry.enum(ShowtimeStatus, name="ShowtimeStatus", description="ENDED is read from the clock.")


@strawberry.input
class ShowtimeFilter:
    """Nothing said about time: showtimes that still sell or run, and later ones."""

    movie_id: ID | None = None
    cinema_id: ID | None = None
    date: calendar_date | None = strawberry.field(
        default=None, description="A calendar day in the cinema's time zone."
    )
    from_: datetime | None = strawberry.field(name="from", default=None)
    to: datetime | None = None
    status: ShowtimeStatus | None = None

    def to_criteria(self) -> ShowtimeCriteria:
        """Return the same filter as a record of the service."""
        return ShowtimeCriteria(self.movie_id, self.cinema_id, self.date, self.from_, self.to, self.status)


def showtime_request(first: int, after: str | None) -> PageRequest:
    """Check the arguments of a connection of showtimes. Raises `InvalidInput`."""
    return PageRequest.of(first, after, (datetime, str))


async def _nested_page(info: Info, key: NestedPage) -> Connection[Showtime]:
    queries = info.context.service.queries
    page: Page[ShowtimeRecord] | None = await info.context.loaders(queries.nested_pages).load(key)
    assert page is not None, "nested_pages answers every key"
    return Connection.of(page, Showtime.of, lambda: queries.count_showtimes(key.all_criteria))


@federation.interface(keys=["id"])
class Bookable:
    """What has seats to sell: analytics adds how well it sells."""

    id: ID
    seat_count: int


@federation.type(keys=["id"], directives=[kept_for(60)])
class Cinema(Bookable):
    """A building, with its own local time and currency."""

    record: strawberry.Private[CinemaRecord]
    id: ID
    name: str
    city: str
    address: str
    time_zone: str
    currency: CurrencyCode
    seat_count: int

    @classmethod
    def of(cls, record: CinemaRecord) -> Self:
        return cls(
            record=record,
            id=ID(record.id),
            name=record.name,
            city=record.city,
            address=record.address,
            time_zone=record.time_zone,
            currency=record.currency,
            seat_count=record.seat_count,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        load = info.context.loaders(info.context.service.queries.cinemas_by_id).load
        record = await load(representation.text("id"))
        return None if record is None else cls.of(record)

    @field()
    async def auditoriums(self, info: Info) -> list[Auditorium]:
        records = await info.context.loaders(info.context.service.queries.auditoriums_by_cinema).load(self.id)
        return [Auditorium.of(record) for record in records or ()]

    @field(directives=[connection_size()])
    async def showtimes(
        self, info: Info, first: int = 20, after: str | None = None, filter: ShowtimeFilter | None = None
    ) -> Connection[Showtime]:
        criteria = (filter or ShowtimeFilter()).to_criteria()
        return await _nested_page(
            info, NestedPage("cinema_id", self.id, showtime_request(first, after), criteria)
        )


@strawberry.type
class AuditoriumSeat:
    """Where a seat stands; x grows to the right from the middle, y away from the screen, in seat widths."""

    label: str
    row: str
    number: int
    kind: SeatKind
    x: float
    y: float
    companion_of: str | None
    blocked: bool

    @classmethod
    def of(cls, place: SeatPlace) -> AuditoriumSeat:
        return cls(
            label=place.label,
            row=place.row,
            number=place.number,
            kind=place.kind,
            x=place.x,
            y=place.y,
            companion_of=place.companion_of,
            blocked=place.blocked,
        )


@federation.type(keys=["id"])
class Auditorium(Bookable):
    """A room with a screen."""

    record: strawberry.Private[AuditoriumRecord]
    id: ID
    name: str
    seat_count: int
    curved: bool

    @classmethod
    def of(cls, record: AuditoriumRecord) -> Self:
        return cls(
            record=record,
            id=ID(record.id),
            name=record.name,
            seat_count=record.seat_count,
            curved=record.curved,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        context = info.context
        record = await context.loaders(context.service.queries.auditoriums_by_id).load(
            representation.text("id")
        )
        return None if record is None else cls.of(record)

    @field()
    async def cinema(self, info: Info) -> Cinema:
        return await _cinema(info, self.record.cinema_id)

    @field()
    async def seats(self, info: Info) -> list[AuditoriumSeat]:
        places = await info.context.loaders(info.context.service.queries.seats_by_auditorium).load(self.id)
        return [AuditoriumSeat.of(place) for place in places or ()]


@federation.type(keys=["id"])
class Movie:
    """A film, as far as it is on."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> Movie:
        return cls(id=ID(representation.text("id")))

    @field(directives=[connection_size()])
    async def showtimes(
        self, info: Info, first: int = 20, after: str | None = None, filter: ShowtimeFilter | None = None
    ) -> Connection[Showtime] | None:
        criteria = (filter or ShowtimeFilter()).to_criteria()
        return await _nested_page(
            info, NestedPage("movie_id", self.id, showtime_request(first, after), criteria)
        )


@federation.type(keys=["id"])
class Showtime(Bookable):
    """A film in an auditorium; its times have the offset of the cinema's time zone."""

    record: strawberry.Private[ShowtimeRecord]
    id: ID
    seat_count: int
    base_price: Money
    format: ScreenFormat
    language: str

    @classmethod
    def of(cls, record: ShowtimeRecord) -> Self:
        return cls(
            record=record,
            id=ID(record.id),
            seat_count=record.seat_count,
            base_price=Money.of(record.base_price),
            format=record.screen_format,
            language=record.language,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        context = info.context
        record = await context.loaders(context.service.queries.showtimes_by_id).load(
            representation.text("id")
        )
        return None if record is None else cls.of(record)

    @field()
    async def starts_at(self, info: Info) -> datetime:
        return await self._local(info, self.record.starts_at)

    @field(description="When the auditorium empties: trailers and film.")
    async def ends_at(self, info: Info) -> datetime:
        return await self._local(info, self.record.ends_at)

    @field()
    async def sales_close_at(self, info: Info) -> datetime:
        return await self._local(info, self.record.sales_close_at)

    @field()
    def status(self, info: Info) -> ShowtimeStatus:
        return self.record.status_at(info.context.clock.now())

    @field()
    def movie(self) -> Movie | None:
        return Movie(id=ID(self.record.movie_id))

    @field()
    async def auditorium(self, info: Info) -> Auditorium:
        queries = info.context.service.queries
        record = await info.context.loaders(queries.auditoriums_by_id).load(self.record.auditorium_id)
        assert record is not None, "a foreign key keeps the auditorium"
        return Auditorium.of(record)

    @field()
    async def cinema(self, info: Info) -> Cinema:
        return await _cinema(info, self.record.cinema_id)

    async def _local(self, info: Info, moment: datetime) -> datetime:
        cinema = await _cinema(info, self.record.cinema_id)
        return moment.astimezone(ZoneInfo(cinema.record.time_zone))


async def _cinema(info: Info, cinema_id: str) -> Cinema:
    record = await info.context.loaders(info.context.service.queries.cinemas_by_id).load(cinema_id)
    assert record is not None, "a foreign key keeps the cinema"
    return Cinema.of(record)


@federation.type(keys=["id"])
class Seat:
    """The place of one seat of a showtime. Its state comes from `tickets`."""

    id: ID
    label: str = federation.field(shareable=True)
    row: str = federation.field(shareable=True)
    number: int = federation.field(shareable=True)
    kind: SeatKind = federation.field(shareable=True)
    x: float
    y: float

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Seat | None:
        seat_id = representation.text("id")
        showtime_id, _, label = seat_id.partition(":")
        places = await info.context.loaders(info.context.service.queries.places_by_showtime).load(showtime_id)
        place = (places or {}).get(label)
        if place is None:
            return None
        return cls(
            id=ID(seat_id),
            label=place.label,
            row=place.row,
            number=place.number,
            kind=place.kind,
            x=place.x,
            y=place.y,
        )
