"""The root fields of showtimes."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`, `filter`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Connection, connection_size, field
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.showtimes.schema.types import (
    Auditorium,
    Cinema,
    Info,
    Showtime,
    ShowtimeFilter,
    showtime_request,
)


@strawberry.type
class Query:
    @field(directives=[connection_size()])
    async def cinemas(
        self, info: Info, first: int = 20, after: str | None = None
    ) -> Connection[Cinema] | None:
        queries = info.context.service.queries
        page = await queries.page_of_cinemas(PageRequest.of(first, after, (str, str)))
        return Connection.of(page, Cinema.of, queries.count_cinemas)

    @field()
    async def cinema(self, info: Info, id: ID) -> Cinema | None:
        record = await info.context.loaders(info.context.service.queries.cinemas_by_id).load(id)
        return None if record is None else Cinema.of(record)

    @field(directives=[connection_size()])
    async def auditoriums(
        self, info: Info, first: int = 20, after: str | None = None, cinema_id: ID | None = None
    ) -> Connection[Auditorium] | None:
        queries = info.context.service.queries
        page = await queries.page_of_auditoriums(PageRequest.of(first, after, (str, str)), cinema_id)
        return Connection.of(page, Auditorium.of, lambda: queries.count_auditoriums(cinema_id))

    @field()
    async def auditorium(self, info: Info, id: ID) -> Auditorium | None:
        record = await info.context.loaders(info.context.service.queries.auditoriums_by_id).load(id)
        return None if record is None else Auditorium.of(record)

    @field(directives=[connection_size()])
    async def showtimes(
        self, info: Info, first: int = 20, after: str | None = None, filter: ShowtimeFilter | None = None
    ) -> Connection[Showtime] | None:
        queries = info.context.service.queries
        criteria = (filter or ShowtimeFilter()).to_criteria()
        page = await queries.page_of_showtimes(showtime_request(first, after), criteria)
        return Connection.of(page, Showtime.of, lambda: queries.count_showtimes(criteria))

    @field()
    async def showtime(self, info: Info, id: ID) -> Showtime | None:
        record = await info.context.loaders(info.context.service.queries.showtimes_by_id).load(id)
        return None if record is None else Showtime.of(record)
