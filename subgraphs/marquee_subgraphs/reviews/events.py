"""What reviews tells the others, and what it hears: films, visits, erasures. Payloads: `docs/events.md`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from marquee_subgraphs.kit.database import Transaction, UnitOfWork
from marquee_subgraphs.kit.events import Consumer, Envelope, Outbox
from marquee_subgraphs.kit.events.payload import text
from marquee_subgraphs.reviews.domain import ReviewRecord
from marquee_subgraphs.reviews.store import ReviewStore


@dataclass(frozen=True, slots=True)
class ReviewEvents:
    """Adds the events of reviews to the unit of their change; the aggregate is the review."""

    outbox: Outbox

    async def created(self, unit: UnitOfWork, review: ReviewRecord) -> None:
        payload = {
            "review_id": review.id,
            "movie_id": review.movie_id,
            "user_id": review.user_id,
            "rating": review.rating,
            "verified": review.verified,
        }
        await self.outbox.add_raw(unit, type="review.created", aggregate_id=review.id, payload=payload)


def consume(consumer: Consumer, store: ReviewStore, events: ReviewEvents) -> None:
    """Hear which films there are, who was at one, and who wants to be forgotten."""

    @consumer.on_raw("movie.created", "movie.updated")
    async def know_film(tx: Transaction, event: Envelope) -> None:
        await store.know_film(tx, text(event, "movie_id"))

    @consumer.on_raw("ticket.checked_in")
    async def note_attendance(tx: Transaction, event: Envelope) -> None:
        if event.payload.get("user_id") is None:
            return  # a guest
        user_id, movie_id = text(event, "user_id"), text(event, "movie_id")
        if not await store.attend(tx, user_id, movie_id):
            return
        review = await store.find_own(tx, user_id, movie_id)
        if review is not None:
            await store.replace(tx, replace(review, verified=True))

    @consumer.on_raw("user.erasure_requested")
    async def forget(tx: Transaction, event: Envelope) -> None:
        user_id = text(event, "user_id")
        await store.forget(tx, user_id)
        await events.outbox.add_raw(
            tx,
            type="user.erased",
            aggregate_id=user_id,
            payload={"user_id": user_id, "subgraph": "reviews"},
            cause=event,
        )
