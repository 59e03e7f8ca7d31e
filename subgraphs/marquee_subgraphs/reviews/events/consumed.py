"""The events that reviews consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import ConsumedEvent, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieChanged(ConsumedEvent):
    """There is a new film, or its facts changed."""

    TYPES = ("movie.created", "movie.updated")
    movie_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCheckedIn(ConsumedEvent):
    """Somebody attended a showtime of a film."""

    TYPES = ("ticket.checked_in",)
    user_id: str | None = None
    """None for a guest."""
    movie_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErasureRequested(ConsumedEvent):
    """A person asks to be forgotten."""

    TYPES = ("user.erasure_requested",)
    user_id: Text
