"""The mutations of showtimes, their inputs, payloads and errors."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import (
    CurrencyCode,
    MoneyInput,
    Payload,
    UserError,
    field,
    mutation,
    user_error,
)
from marquee_subgraphs.showtimes import errors
from marquee_subgraphs.showtimes.domain import ScreenFormat
from marquee_subgraphs.showtimes.layout import LayoutPlan, SeatKind
from marquee_subgraphs.showtimes.schema.types import Auditorium, Cinema, Info, Showtime


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
        """The domain's terms."""
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
        cinema = await info.context.service.create_cinema(
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
        auditorium = await info.context.service.create_auditorium(
            info.context.viewer, cinema_id=input.cinema_id, name=input.name, plan=input.to_plan()
        )
        return CreateAuditoriumPayload(auditorium=Auditorium.of(auditorium))

    @mutation(scopes=["showtimes:write"])
    async def create_showtime(self, info: Info, input: CreateShowtimeInput) -> CreateShowtimePayload | None:
        showtime = await info.context.service.schedule(
            info.context.viewer,
            movie_id=input.movie_id,
            auditorium_id=input.auditorium_id,
            starts_at=input.starts_at,
            base_price=input.base_price.to_money("basePrice"),
            screen_format=input.format,
            language=input.language,
        )
        return CreateShowtimePayload(showtime=Showtime.of(showtime))

    @mutation(scopes=["showtimes:write"])
    async def reschedule_showtime(
        self, info: Info, input: RescheduleShowtimeInput
    ) -> RescheduleShowtimePayload | None:
        showtime = await info.context.service.reschedule(
            info.context.viewer, showtime_id=input.showtime_id, starts_at=input.starts_at
        )
        return RescheduleShowtimePayload(showtime=Showtime.of(showtime))

    @mutation(scopes=["showtimes:write"])
    async def cancel_showtime(self, info: Info, input: CancelShowtimeInput) -> CancelShowtimePayload | None:
        showtime = await info.context.service.cancel(
            info.context.viewer, showtime_id=input.showtime_id, reason=input.reason
        )
        return CancelShowtimePayload(showtime=Showtime.of(showtime))


@user_error(errors.ShowtimeOverlap)
class ShowtimeOverlap(UserError):
    """The auditorium is taken at that time, cleaning included."""

    conflicting_ids: strawberry.Private[Sequence[str]]

    @classmethod
    def of(cls, refusal: errors.ShowtimeOverlap) -> Self:
        return cls(
            code=refusal.code,
            message=refusal.message,
            path=refusal.path,
            conflicting_ids=refusal.conflicting_ids,
        )

    @field()
    async def conflicts_with(self, info: Info) -> list[Showtime]:
        found = await info.context.service.showtimes_by_id(list(self.conflicting_ids))
        return [Showtime.of(found[id_]) for id_ in self.conflicting_ids if id_ in found]


@user_error(errors.ShowtimeNotChangeable)
class ShowtimeNotChangeable(UserError):
    """It has begun, ended or been cancelled."""
