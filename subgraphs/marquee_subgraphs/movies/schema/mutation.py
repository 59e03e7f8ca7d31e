"""The mutations of films, their inputs and payloads."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Locale, Payload, mutation
from marquee_subgraphs.movies.domain import NO_POSTER, MovieFacts, Translation
from marquee_subgraphs.movies.schema.types import Info, Movie

_LISTS: Final = frozenset({"genres", "directors", "cast"})


@strawberry.input
class MovieTranslationInput:
    locale: Locale
    title: str
    synopsis: str


@strawberry.input
class CreateMovieInput:
    title: str
    original_title: str | None = None
    synopsis: str
    runtime_minutes: int
    genres: list[str]
    certificate: str
    release_date: date
    language: str
    directors: list[str]
    cast: list[str] = strawberry.field(default_factory=list)
    poster_url: str | None = None
    translations: list[MovieTranslationInput] = strawberry.field(default_factory=list)

    def to_facts(self) -> MovieFacts:
        """Return the same facts as a domain record."""
        return MovieFacts(
            title=self.title,
            original_title=self.original_title or "",
            synopsis=self.synopsis,
            runtime_minutes=self.runtime_minutes,
            genres=tuple(self.genres),
            certificate=self.certificate,
            release_date=self.release_date,
            language=self.language,
            directors=tuple(self.directors),
            cast=tuple(self.cast),
            poster_url=NO_POSTER if self.poster_url is None else self.poster_url,
            translations=_translations(self.translations),
        )


@strawberry.input
class UpdateMovieInput:
    """What is left out, or null, stays as it is."""

    movie_id: ID
    expected_version: int | None = None
    title: str | None = None
    original_title: str | None = None
    synopsis: str | None = None
    runtime_minutes: int | None = None
    genres: list[str] | None = None
    certificate: str | None = None
    release_date: date | None = None
    language: str | None = None
    directors: list[str] | None = None
    cast: list[str] | None = None
    poster_url: str | None = None
    translations: list[MovieTranslationInput] | None = None

    def to_changes(self) -> dict[str, Any]:
        """Return the facts that the input names, with values of the domain."""
        changes: dict[str, Any] = {}
        for name in MovieFacts.__dataclass_fields__:
            value = getattr(self, name)
            if value is None:
                continue
            if name == "translations":
                value = _translations(value)
            changes[name] = tuple(value) if name in _LISTS else value
        return changes


def _translations(given: Iterable[MovieTranslationInput]) -> tuple[Translation, ...]:
    return tuple(Translation(each.locale, each.title, each.synopsis) for each in given)


@strawberry.input
class ArchiveMovieInput:
    movie_id: ID


@strawberry.type
class CreateMoviePayload(Payload):
    movie: Movie | None = None


@strawberry.type
class UpdateMoviePayload(Payload):
    movie: Movie | None = None


@strawberry.type
class ArchiveMoviePayload(Payload):
    movie: Movie | None = None


@strawberry.type
class Mutation:
    @mutation(scopes=["movies:write"])
    async def create_movie(self, info: Info, input: CreateMovieInput) -> CreateMoviePayload | None:
        record = await info.context.service.create(info.context.viewer, input.to_facts())
        return CreateMoviePayload(movie=Movie.of(record))

    @mutation(scopes=["movies:write"])
    async def update_movie(self, info: Info, input: UpdateMovieInput) -> UpdateMoviePayload | None:
        record = await info.context.service.update(
            info.context.viewer,
            movie_id=input.movie_id,
            expected_version=input.expected_version,
            changes=input.to_changes(),
        )
        return UpdateMoviePayload(movie=Movie.of(record))

    @mutation(scopes=["movies:write"])
    async def archive_movie(self, info: Info, input: ArchiveMovieInput) -> ArchiveMoviePayload | None:
        record = await info.context.service.archive(info.context.viewer, movie_id=input.movie_id)
        return ArchiveMoviePayload(movie=Movie.of(record))
