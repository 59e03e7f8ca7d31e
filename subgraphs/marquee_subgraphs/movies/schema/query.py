"""Films as clients read them. Thin: the service decides."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`, `filter`)
from __future__ import annotations

from datetime import date
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import Connection, Context, Locale, Representation, connection_size, field
from marquee_subgraphs.kit.graphql.caching import kept_for, kept_with_parent
from marquee_subgraphs.movies.domain import MovieRecord, MovieStatus
from marquee_subgraphs.movies.service import MovieService
from marquee_subgraphs.movies.store import MovieQuery, MovieSort

Info: TypeAlias = strawberry.Info[Context[MovieService], None]

strawberry.enum(MovieStatus, name="MovieStatus", description="Whether a film is in the programme.")
strawberry.enum(MovieSort, name="MovieSort")


@federation.type(directives=[kept_with_parent()])
class MovieTranslation:
    """A film's words in one language."""

    locale: Locale
    title: str
    synopsis: str


@federation.type(keys=["id"], directives=[kept_for(60)])
class Movie:
    """A film. `title` and `synopsis` come in the language asked for, or as they are without one."""

    record: strawberry.Private[MovieRecord]
    id: ID
    original_title: str
    runtime_minutes: int
    genres: list[str]
    certificate: str
    release_date: date
    language: str = strawberry.field(description="A language tag; zxx for a film without speech.")
    directors: list[str]
    cast: list[str]
    poster_url: str
    status: MovieStatus
    version: int = strawberry.field(description="Counts the changes; for updateMovie(expectedVersion).")

    @classmethod
    def of(cls, record: MovieRecord) -> Self:
        facts = record.facts
        return cls(
            record=record,
            id=ID(record.id),
            original_title=facts.original_title,
            runtime_minutes=facts.runtime_minutes,
            genres=list(facts.genres),
            certificate=facts.certificate,
            release_date=facts.release_date,
            language=facts.language,
            directors=list(facts.directors),
            cast=list(facts.cast),
            poster_url=facts.poster_url,
            status=record.status,
            version=record.version,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        context = info.context
        record = await context.loaders(context.service.movies_by_id).load(representation.text("id"))
        return None if record is None else cls.of(record)

    @field()
    def title(self, locale: Locale | None = None) -> str:
        return self.record.title(locale)

    @field()
    def synopsis(self, locale: Locale | None = None) -> str:
        return self.record.synopsis(locale)

    @field()
    def translations(self) -> list[MovieTranslation]:
        return [
            MovieTranslation(locale=each.locale, title=each.title, synopsis=each.synopsis)
            for each in self.record.facts.translations
        ]


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
        """The store's terms."""
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
