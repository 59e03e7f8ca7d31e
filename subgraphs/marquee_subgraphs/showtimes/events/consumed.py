"""The events that showtimes consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import ConsumedEvent, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieChanged(ConsumedEvent):
    """There is a new film, or its facts or status changed. Each event carries the whole film."""

    TYPES = ("movie.created", "movie.updated", "movie.archived")
    movie_id: Text
    title: Text
    runtime_minutes: int
    status: Text
    """`ACTIVE` for a film that can be scheduled."""
