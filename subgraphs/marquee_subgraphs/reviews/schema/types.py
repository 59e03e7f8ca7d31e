"""Reviews as clients read them, and what they add to films and users. Thin: the service decides."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`, `filter`)
from __future__ import annotations

from datetime import datetime
from typing import Self, TypeAlias

import strawberry
from strawberry import ID, federation

from marquee_subgraphs.kit.documents import Filter
from marquee_subgraphs.kit.graphql import Connection, Context, Representation, connection_size, field
from marquee_subgraphs.reviews.domain import RatingTally, ReviewRecord, ReviewStatus, ReviewVote
from marquee_subgraphs.reviews.service import FirstPage, ReviewService
from marquee_subgraphs.reviews.store import ReviewSort, review_filters

Info: TypeAlias = strawberry.Info[Context[ReviewService], None]

strawberry.enum(ReviewStatus, name="ReviewStatus", description="Whether others see it.")
strawberry.enum(ReviewVote, name="ReviewVote")
strawberry.enum(ReviewSort, name="ReviewSort")


async def _nested(
    info: Info, name: str, parent_id: str, sort: ReviewSort, first: int, after: str | None, hidden_too: bool
) -> Connection[Review]:
    service = info.context.service
    filters: list[Filter] = review_filters(
        movie_id=parent_id if name == "movie_id" else None,
        user_id=parent_id if name == "user_id" else None,
        status=None if hidden_too else ReviewStatus.PUBLISHED,
    )
    if after is None and 1 <= first <= 100:
        key = FirstPage(name, parent_id, sort, first, hidden_too)
        page = await info.context.loaders(service.first_pages).load(key)
        assert page is not None, "first_pages answers every key"
    else:
        page = await service.page(filters, sort, first=first, after=after)
    return Connection.of(page, Review.of, lambda: service.count(filters))


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
        return await _nested(info, "movie_id", self.id, sort, first, after, hidden_too=False)

    @field()
    async def review_stats(self, info: Info) -> ReviewStats | None:
        tally = await info.context.loaders(info.context.service.tallies).load(self.id)
        assert tally is not None, "tallies answers every film"
        return ReviewStats.of(tally)

    @field(authenticated=True, description="What the viewer wrote of it.")
    async def my_review(self, info: Info) -> Review | None:
        user_id = info.context.viewer.user_id
        if user_id is None:
            return None
        record = await info.context.loaders(info.context.service.own_reviews).load((user_id, self.id))
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
        own = info.context.viewer.is_user(self.id)
        return await _nested(info, "user_id", self.id, ReviewSort.NEWEST, first, after, hidden_too=own)


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
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        record = await info.context.loaders(info.context.service.reviews_by_id).load(
            representation.text("id")
        )
        return None if record is None or not record.is_visible_to(info.context.viewer) else cls.of(record)

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
        return await info.context.loaders(info.context.service.votes).load((user_id, self.record.id))


@strawberry.input
class ReviewFilter:
    """Hidden reviews are for moderators."""

    movie_id: ID | None = None
    min_rating: int | None = None
    verified_only: bool | None = None
    status: ReviewStatus = ReviewStatus.PUBLISHED


@strawberry.type
class Query:
    @field(directives=[connection_size()])
    async def reviews(
        self,
        info: Info,
        first: int = 20,
        after: str | None = None,
        filter: ReviewFilter | None = None,
        sort: ReviewSort = ReviewSort.NEWEST,
    ) -> Connection[Review] | None:
        service = info.context.service
        chosen = filter or ReviewFilter()
        service.may_read(info.context.viewer, chosen.status)
        filters = review_filters(
            movie_id=chosen.movie_id,
            min_rating=chosen.min_rating,
            verified_only=bool(chosen.verified_only),
            status=chosen.status,
        )
        page = await service.page(filters, sort, first=first, after=after)
        return Connection.of(page, Review.of, lambda: service.count(filters))

    @field()
    async def review(self, info: Info, id: ID) -> Review | None:
        record = await info.context.loaders(info.context.service.reviews_by_id).load(id)
        return None if record is None or not record.is_visible_to(info.context.viewer) else Review.of(record)
