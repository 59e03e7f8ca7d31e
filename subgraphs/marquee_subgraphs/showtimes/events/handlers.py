"""What showtimes does about the events that it consumes.

Each handler runs in one transaction with the inbox row, so exactly once. It only calls a use case or the
store; it never decides a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.showtimes.domain.showtimes import MovieRecord
from marquee_subgraphs.showtimes.events.consumed import MovieChanged
from marquee_subgraphs.showtimes.store import ShowtimesStore


@dataclass(frozen=True, slots=True)
class ShowtimesHandlers:
    """The handlers of showtimes."""

    backend: Backend
    store: ShowtimesStore

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        self.backend.consumer.on(MovieChanged, self.on_movie_changed)

    async def on_movie_changed(self, tx: Transaction, event: MovieChanged, envelope: Envelope) -> None:
        """Keep the film as it is now."""
        # Version 3 of a film may arrive before version 2, which then must not overwrite it.
        if not await self.backend.inbox.advance(tx, envelope):
            return
        movie = MovieRecord(event.movie_id, event.title, event.runtime_minutes, event.status == "ACTIVE")
        await self.store.films.save(tx, movie)
