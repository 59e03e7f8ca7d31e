"""The mutations of showtimes, their inputs and payloads."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import CurrencyCode, MoneyInput, Payload, mutation
from marquee_subgraphs.showtimes.domain.layout import LayoutPlan, SeatKind
from marquee_subgraphs.showtimes.domain.showtimes import ScreenFormat
from marquee_subgraphs.showtimes.schema.types import Auditorium, Cinema, Info, Showtime
from marquee_subgraphs.showtimes.service import NewShowtime


@strawberry.input
class CreateCinemaInput:
    name: str
    city: str
    address: str
    time_zone: str
    currency: CurrencyCode


@strawberry.input
class RowInput:
    label: str
    seats: int


@strawberry.input
class SeatKindInput:
    seat: str
    kind: SeatKind


@strawberry.input
class CompanionInput:
    seat: str
    wheelchair: str


@strawberry.input
class CreateAuditoriumInput:
    """Rows from the screen backwards; exceptions by seat label, as `C7`."""

    cinema_id: ID
    name: str
    rows: list[RowInput]
    kinds: list[SeatKindInput] = strawberry.field(default_factory=list)
    blocked: list[str] = strawberry.field(default_factory=list)
    companions: list[CompanionInput] = strawberry.field(default_factory=list)
    curved: bool = False

    def to_plan(self) -> LayoutPlan:
        """Return the same plan as a record of the domain."""
        return LayoutPlan(
            rows=[(row.label, row.seats) for row in self.rows],
            kinds={exception.seat: exception.kind for exception in self.kinds},
            blocked=self.blocked,
            companions={pair.seat: pair.wheelchair for pair in self.companions},
            curved=self.curved,
        )


@strawberry.input
class CreateShowtimeInput:
    movie_id: ID
    auditorium_id: ID
    starts_at: datetime
    base_price: MoneyInput
    format: ScreenFormat = ScreenFormat.TWO_D
    language: str


@strawberry.input
class RescheduleShowtimeInput:
    showtime_id: ID
    starts_at: datetime


@strawberry.input
class CancelShowtimeInput:
    showtime_id: ID
    reason: str


@strawberry.type
class CreateCinemaPayload(Payload):
    cinema: Cinema | None = None


@strawberry.type
class CreateAuditoriumPayload(Payload):
    auditorium: Auditorium | None = None


@strawberry.type
class CreateShowtimePayload(Payload):
    showtime: Showtime | None = None


@strawberry.type
class RescheduleShowtimePayload(Payload):
    showtime: Showtime | None = None


@strawberry.type
class CancelShowtimePayload(Payload):
    showtime: Showtime | None = None


@strawberry.type
class Mutation:
    @mutation(scopes=["cinemas:write"])
    async def create_cinema(self, info: Info, input: CreateCinemaInput) -> CreateCinemaPayload | None:
        cinema = await info.context.service.cinemas.open_cinema(
            info.context.viewer,
            name=input.name,
            city=input.city,
            address=input.address,
            time_zone=input.time_zone,
            currency=input.currency,
        )
        return CreateCinemaPayload(cinema=Cinema.of(cinema))

    @mutation(scopes=["auditoriums:write"])
    async def create_auditorium(
        self, info: Info, input: CreateAuditoriumInput
    ) -> CreateAuditoriumPayload | None:
        auditorium = await info.context.service.cinemas.open_auditorium(
            info.context.viewer, cinema_id=input.cinema_id, name=input.name, plan=input.to_plan()
        )
        return CreateAuditoriumPayload(auditorium=Auditorium.of(auditorium))

    @mutation(scopes=["showtimes:write"])
    async def create_showtime(self, info: Info, input: CreateShowtimeInput) -> CreateShowtimePayload | None:
        wanted = NewShowtime(
            movie_id=input.movie_id,
            auditorium_id=input.auditorium_id,
            starts_at=input.starts_at,
            base_price=input.base_price.to_money("basePrice"),
            screen_format=input.format,
            language=input.language,
        )
        showtime = await info.context.service.programme.schedule(info.context.viewer, wanted)
        return CreateShowtimePayload(showtime=Showtime.of(showtime))

    @mutation(scopes=["showtimes:write"])
    async def reschedule_showtime(
        self, info: Info, input: RescheduleShowtimeInput
    ) -> RescheduleShowtimePayload | None:
        showtime = await info.context.service.programme.reschedule(
            info.context.viewer, showtime_id=input.showtime_id, starts_at=input.starts_at
        )
        return RescheduleShowtimePayload(showtime=Showtime.of(showtime))

    @mutation(scopes=["showtimes:write"])
    async def cancel_showtime(self, info: Info, input: CancelShowtimeInput) -> CancelShowtimePayload | None:
        showtime = await info.context.service.programme.cancel(
            info.context.viewer, showtime_id=input.showtime_id, reason=input.reason
        )
        return CancelShowtimePayload(showtime=Showtime.of(showtime))
