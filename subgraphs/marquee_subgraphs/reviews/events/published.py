"""The events that reviews publishes."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.reviews.domain import ReviewRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCreated(PublishedEvent):
    """A person reviewed a film. The aggregate is the review."""

    TYPE = "review.created"
    review_id: str
    movie_id: str
    user_id: str
    rating: int
    verified: bool

    @classmethod
    def of(cls, review: ReviewRecord) -> ReviewCreated:
        """Return the event of a new review."""
        return cls(
            review_id=review.id,
            movie_id=review.movie_id,
            user_id=review.user_id,
            rating=review.rating,
            verified=review.verified,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(PublishedEvent):
    """The receipt of an erasure: nothing here leads to the person any more. The aggregate is the user."""

    TYPE = "user.erased"
    user_id: str
    subgraph: str
