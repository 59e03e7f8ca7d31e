"""Films as clients see them."""

from __future__ import annotations

from datetime import date
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import Context, Locale, Representation, field
from marquee_subgraphs.kit.graphql.cache_control import kept_for, kept_with_parent
from marquee_subgraphs.movies.domain import MovieRecord, MovieSort, MovieStatus
from marquee_subgraphs.movies.service import MovieService

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
