"""The root fields of reviews."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`id`, `filter`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Connection, connection_size, field
from marquee_subgraphs.reviews.domain import ReviewQuery, ReviewSort, ReviewStatus
from marquee_subgraphs.reviews.schema.types import Info, Review, load_review


@strawberry.input
class ReviewFilter:
    """Hidden reviews are for moderators."""

    movie_id: ID | None = None
    min_rating: int | None = None
    verified_only: bool | None = None
    status: ReviewStatus = ReviewStatus.PUBLISHED

    def to_query(self) -> ReviewQuery:
        """Return the same filter as a record of the domain."""
        return ReviewQuery(
            movie_id=self.movie_id,
            min_rating=self.min_rating,
            verified_only=bool(self.verified_only),
            status=self.status,
        )


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
        queries = info.context.service.queries
        query = (filter or ReviewFilter()).to_query()
        queries.require_reader(info.context.viewer, query)
        page = await queries.page(query, sort, first=first, after=after)
        return Connection.of(page, Review.of, lambda: queries.count(query))

    @field()
    async def review(self, info: Info, id: ID) -> Review | None:
        return await load_review(info, id)
