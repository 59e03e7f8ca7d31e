"""Reviews as clients see them, and what they add to films and users."""

from __future__ import annotations

from datetime import datetime
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.graphql import Connection, Context, Representation, connection_size, field
from marquee_subgraphs.kit.pagination import MAX_PAGE_SIZE
from marquee_subgraphs.reviews.domain import (
    RatingTally,
    ReviewQuery,
    ReviewRecord,
    ReviewSort,
    ReviewStatus,
    ReviewVote,
)
from marquee_subgraphs.reviews.service import FirstPage, ReviewService

Info: TypeAlias = strawberry.Info[Context[ReviewService], None]

strawberry.enum(ReviewStatus, name="ReviewStatus", description="Whether others see it.")
strawberry.enum(ReviewVote, name="ReviewVote")
strawberry.enum(ReviewSort, name="ReviewSort")


async def _nested_page(
    info: Info, query: ReviewQuery, sort: ReviewSort, first: int, after: str | None
) -> Connection[Review]:
    queries = info.context.service.queries
    # Only first pages are loaded in batches: a cursor belongs to one film or author.
    if after is None and 1 <= first <= MAX_PAGE_SIZE:
        page = await info.context.loaders(queries.first_pages).load(FirstPage(query, sort, first))
        assert page is not None, "first_pages answers every key"
    else:
        page = await queries.page(query, sort, first=first, after=after)
    return Connection.of(page, Review.of, lambda: queries.count(query))


@strawberry.type
class RatingCount:
    rating: int
    count: int


@strawberry.type
class ReviewStats:
    """How a film was rated, by all published reviews."""

    count: int
    average: float | None
    histogram: list[RatingCount]

    @classmethod
    def of(cls, tally: RatingTally) -> ReviewStats:
        return cls(
            count=tally.count,
            average=tally.average,
            histogram=[RatingCount(rating=rating, count=count) for rating, count in tally.counts.items()],
        )


@federation.type(keys=["id"])
class Movie:
    """A film, as far as it is reviewed."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> Movie:
        return cls(id=ID(representation.text("id")))

    @field(directives=[connection_size()])
    async def reviews(
        self, info: Info, first: int = 20, after: str | None = None, sort: ReviewSort = ReviewSort.NEWEST
    ) -> Connection[Review] | None:
        return await _nested_page(info, ReviewQuery(movie_id=self.id), sort, first, after)

    @field()
    async def review_stats(self, info: Info) -> ReviewStats | None:
        tally = await info.context.loaders(info.context.service.queries.tallies).load(self.id)
        assert tally is not None, "tallies answers every film"
        return ReviewStats.of(tally)

    @field(authenticated=True, description="What the viewer wrote of it.")
    async def my_review(self, info: Info) -> Review | None:
        user_id = info.context.viewer.user_id
        if user_id is None:
            return None
        record = await info.context.loaders(info.context.service.queries.own_reviews).load((user_id, self.id))
        return None if record is None else Review.of(record)


@federation.type(keys=["id"])
class User:
    """A person, as far as they write reviews."""

    id: ID

    @classmethod
    def of_reference(cls, representation: Representation) -> User:
        return cls(id=ID(representation.text("id")))

    @field(directives=[connection_size()])
    async def reviews(
        self, info: Info, first: int = 20, after: str | None = None
    ) -> Connection[Review] | None:
        # Authors see their hidden reviews too.
        is_own = info.context.viewer.is_user(self.id)
        query = ReviewQuery(user_id=self.id, status=None if is_own else ReviewStatus.PUBLISHED)
        return await _nested_page(info, query, ReviewSort.NEWEST, first, after)


@federation.type(keys=["id"])
class Review:
    """What somebody thought of a film."""

    record: strawberry.Private[ReviewRecord]
    id: ID
    rating: int = strawberry.field(description="1 to 5.")
    title: str
    body: str
    verified: bool = strawberry.field(description="The author was at a showtime of the film.")
    status: ReviewStatus
    helpful_count: int
    not_helpful_count: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, record: ReviewRecord) -> Self:
        return cls(
            record=record,
            id=ID(record.id),
            rating=record.rating,
            title=record.title,
            body=record.body,
            verified=record.verified,
            status=record.status,
            helpful_count=record.helpful,
            not_helpful_count=record.not_helpful,
            created_at=record.created_at,
            updated_at=record.updated_at,
        )

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Review | None:
        return await load_review(info, representation.text("id"))

    @field()
    def movie(self) -> Movie:
        return Movie(id=ID(self.record.movie_id))

    @field()
    def author(self) -> User | None:
        return User(id=ID(self.record.user_id))

    @field()
    async def my_vote(self, info: Info) -> ReviewVote | None:
        user_id = info.context.viewer.user_id
        if user_id is None:
            return None
        return await info.context.loaders(info.context.service.queries.votes).load((user_id, self.record.id))


async def load_review(info: Info, review_id: str) -> Review | None:
    """Return the review with this id, or None when the viewer may not read it."""
    record = await info.context.loaders(info.context.service.queries.reviews_by_id).load(review_id)
    return None if record is None or not record.is_visible_to(info.context.viewer) else Review.of(record)
