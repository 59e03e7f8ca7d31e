"""The events that movies publishes: each carries the whole film. The aggregate is the film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.movies.domain import MovieRecord, MovieStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class _WholeMovie(PublishedEvent):
    movie_id: str
    title: str
    titles: Mapping[str, str]
    """The translated titles by locale."""
    runtime_minutes: int
    genres: tuple[str, ...]
    language: str
    poster_url: str
    status: MovieStatus

    @classmethod
    def of(cls, movie: MovieRecord) -> Self:
        """Return the event of a film as it is now."""
        facts = movie.facts
        return cls(
            movie_id=movie.id,
            title=facts.title,
            titles={each.locale.value: each.title for each in facts.translations},
            runtime_minutes=facts.runtime_minutes,
            genres=facts.genres,
            language=facts.language,
            poster_url=facts.poster_url,
            status=movie.status,
        )


class MovieCreated(_WholeMovie):
    """There is a new film."""

    TYPE = "movie.created"


class MovieUpdated(_WholeMovie):
    """The facts of a film changed."""

    TYPE = "movie.updated"


class MovieArchived(_WholeMovie):
    """A film left the programme."""

    TYPE = "movie.archived"
