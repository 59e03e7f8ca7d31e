"""What reviews does about the events that it consumes.

Each handler runs in one transaction with the inbox row, so exactly once. It only calls a use case or the
store; it never decides a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.reviews.events.consumed import MovieChanged, TicketCheckedIn, UserErasureRequested
from marquee_subgraphs.reviews.service import ReviewService
from marquee_subgraphs.reviews.store import ReviewStore


@dataclass(frozen=True, slots=True)
class ReviewHandlers:
    """The handlers of reviews."""

    backend: Backend
    store: ReviewStore
    service: ReviewService

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        consumer = self.backend.consumer
        consumer.on(MovieChanged, self.on_movie_changed)
        consumer.on(TicketCheckedIn, self.on_ticket_checked_in)
        consumer.on(UserErasureRequested, self.on_user_erasure_requested)

    async def on_movie_changed(self, tx: Transaction, event: MovieChanged, _: Envelope) -> None:
        """Remember the film: only films that exist can be reviewed."""
        await self.store.add_film(tx, event.movie_id)

    async def on_ticket_checked_in(self, tx: Transaction, event: TicketCheckedIn, _: Envelope) -> None:
        """Mark the person's review of the film as verified, the present one or a later one."""
        if event.user_id is not None:
            await self.service.reviews.attend(tx, event.user_id, event.movie_id)

    async def on_user_erasure_requested(
        self, tx: Transaction, event: UserErasureRequested, envelope: Envelope
    ) -> None:
        """Forget the person and publish the receipt."""
        await self.service.reviews.erase(tx, event.user_id, cause=envelope)
