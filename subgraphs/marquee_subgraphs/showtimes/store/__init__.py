"""The showtimes database: the only SQL of this subgraph.

A store is a class without state, one for each kind of row. A method is one statement; its first argument is
the `Transaction` (or the `Connection`, when it only reads) that the service opened. Stores decide nothing and
open no transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_subgraphs.showtimes.store.auditoriums import AuditoriumStore
from marquee_subgraphs.showtimes.store.cinemas import CinemaStore
from marquee_subgraphs.showtimes.store.films import FilmStore
from marquee_subgraphs.showtimes.store.showtimes import ShowtimeStore


@dataclass(frozen=True, slots=True)
class ShowtimesStore:
    """The stores of showtimes."""

    films: FilmStore = field(default_factory=FilmStore)
    cinemas: CinemaStore = field(default_factory=CinemaStore)
    auditoriums: AuditoriumStore = field(default_factory=AuditoriumStore)
    showtimes: ShowtimeStore = field(default_factory=ShowtimeStore)


__all__ = ["AuditoriumStore", "CinemaStore", "FilmStore", "ShowtimeStore", "ShowtimesStore"]
