"""The use cases of reviews: one method each, one unit of work each.

`reviews` writes, `queries` reads. Each asks the viewer for permission again; none knows GraphQL.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.reviews.service.queries import FirstPage, ReviewQueries
from marquee_subgraphs.reviews.service.reviews import NewReview, Reviews
from marquee_subgraphs.reviews.store import ReviewStore


@dataclass(frozen=True, slots=True)
class ReviewService:
    """What resolvers find as `info.context.service`."""

    reviews: Reviews
    queries: ReviewQueries

    @classmethod
    def of(cls, backend: Backend, store: ReviewStore) -> ReviewService:
        """Return the use cases on one backend."""
        return cls(reviews=Reviews(backend, store), queries=ReviewQueries(store))


__all__ = ["FirstPage", "NewReview", "ReviewQueries", "ReviewService", "Reviews"]
