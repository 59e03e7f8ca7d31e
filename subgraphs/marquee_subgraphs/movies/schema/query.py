"""The root fields of movies."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`, `filter`)
from __future__ import annotations

from datetime import date

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Connection, connection_size, field
from marquee_subgraphs.kit.graphql.cache_control import kept_for
from marquee_subgraphs.movies.domain import MovieQuery, MovieSort, MovieStatus
from marquee_subgraphs.movies.schema.types import Info, Movie


@strawberry.input
class MovieFilter:
    """`text` finds the beginnings of words in titles (of every language), directors and cast."""

    text: str | None = None
    genre: str | None = None
    language: str | None = None
    released_after: date | None = None
    released_before: date | None = None
    status: MovieStatus | None = MovieStatus.ACTIVE

    def to_query(self) -> MovieQuery:
        """Return the same filter as a domain record."""
        return MovieQuery(
            self.text, self.genre, self.language, self.released_after, self.released_before, self.status
        )


@strawberry.type
class Query:
    @field(directives=[connection_size()])
    async def movies(
        self,
        info: Info,
        first: int = 20,
        after: str | None = None,
        filter: MovieFilter | None = None,
        sort: MovieSort = MovieSort.TITLE,
    ) -> Connection[Movie] | None:
        service = info.context.service
        query = (filter or MovieFilter()).to_query()
        page = await service.page(query, sort, first=first, after=after)
        return Connection.of(page, Movie.of, lambda: service.count(query))

    @field()
    async def movie(self, info: Info, id: ID) -> Movie | None:
        record = await info.context.loaders(info.context.service.movies_by_id).load(id)
        return None if record is None else Movie.of(record)

    @field(description="The genres of the films in the programme.", directives=[kept_for(60)])
    async def genres(self, info: Info) -> list[str] | None:
        return await info.context.service.genres()
