"""The mutations of reviews, their inputs and payloads."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.kit.graphql import Payload, mutation
from marquee_subgraphs.reviews.domain import ReviewStatus, ReviewVote
from marquee_subgraphs.reviews.schema.types import Info, Review
from marquee_subgraphs.reviews.service import NewReview


@strawberry.input
class CreateReviewInput:
    movie_id: ID
    rating: int
    title: str
    body: str


@strawberry.input
class UpdateReviewInput:
    """What is left out, or null, stays as it is."""

    review_id: ID
    rating: int | None = None
    title: str | None = None
    body: str | None = None


@strawberry.input
class VoteReviewInput:
    """A null vote takes it back."""

    review_id: ID
    vote: ReviewVote | None = None


@strawberry.input
class ModerateReviewInput:
    review_id: ID
    status: ReviewStatus
    reason: str


@strawberry.type
class CreateReviewPayload(Payload):
    review: Review | None = None


@strawberry.type
class UpdateReviewPayload(Payload):
    review: Review | None = None


@strawberry.type
class VoteReviewPayload(Payload):
    review: Review | None = None


@strawberry.type
class ModerateReviewPayload(Payload):
    review: Review | None = None


@strawberry.type
class Mutation:
    @mutation(authenticated=True)
    async def create_review(self, info: Info, input: CreateReviewInput) -> CreateReviewPayload | None:
        wanted = NewReview(input.movie_id, input.rating, input.title, input.body)
        record = await info.context.service.reviews.create(info.context.viewer, wanted)
        return CreateReviewPayload(review=Review.of(record))

    @mutation(authenticated=True)
    async def update_review(self, info: Info, input: UpdateReviewInput) -> UpdateReviewPayload | None:
        record = await info.context.service.reviews.update(
            info.context.viewer,
            review_id=input.review_id,
            rating=input.rating,
            title=input.title,
            body=input.body,
        )
        return UpdateReviewPayload(review=Review.of(record))

    @mutation(authenticated=True)
    async def vote_review(self, info: Info, input: VoteReviewInput) -> VoteReviewPayload | None:
        record = await info.context.service.reviews.vote(
            info.context.viewer, review_id=input.review_id, vote=input.vote
        )
        return VoteReviewPayload(review=Review.of(record))

    @mutation(scopes=["reviews:moderate"])
    async def moderate_review(self, info: Info, input: ModerateReviewInput) -> ModerateReviewPayload | None:
        record = await info.context.service.reviews.moderate(
            info.context.viewer, review_id=input.review_id, status=input.status, reason=input.reason
        )
        return ModerateReviewPayload(review=Review.of(record))
