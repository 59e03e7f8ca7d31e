"""The one mutation of analytics."""

# ruff: noqa: A002 - arguments carry the names that the schema gives them (`input`)
from __future__ import annotations

import strawberry
from strawberry import ID

from marquee_subgraphs.analytics.domain import TrackedEvent
from marquee_subgraphs.analytics.schema.types import Info
from marquee_subgraphs.kit.graphql import Payload, mutation

strawberry.enum(TrackedEvent, name="TrackedEvent")


@strawberry.input
class TrackEventInput:
    """MOVIE_VIEWED needs `movieId`, SEARCHED `text`, the others `showtimeId`."""

    type: TrackedEvent
    movie_id: ID | None = None
    showtime_id: ID | None = None
    text: str | None = None


@strawberry.type
class TrackEventPayload(Payload):
    accepted: bool = False


@strawberry.type
class Mutation:
    @mutation(description="For pages to tell of their visitors, signed in or not.")
    async def track_event(self, info: Info, input: TrackEventInput) -> TrackEventPayload:
        context = info.context
        accepted = await context.service.tracking.track(
            context.viewer,
            context.client_address,
            input.type,
            movie_id=input.movie_id,
            showtime_id=input.showtime_id,
            text=input.text,
        )
        return TrackEventPayload(accepted=accepted)
