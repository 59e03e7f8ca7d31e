"""A started reviews subgraph with one film, on each store of documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.identity import ANONYMOUS, Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.reviews.app import build
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.incoming_events import emit, make_event

MODERATOR = staff("reviews:moderate")
ANA, BRUNO = customer("usr_ana"), customer("usr_bruno")
CREATE = """mutation ($input: CreateReviewInput!) {
  createReview(input: $input) {
    review { id rating verified author { id } movie { id } }
    errors { code path ... on ReviewExists { review { id } } } } }"""
VOTE = """mutation ($input: VoteReviewInput!) {
  voteReview(input: $input) { review { helpfulCount notHelpfulCount myVote } errors { code } } }"""
MODERATE = """mutation ($input: ModerateReviewInput!) {
  moderateReview(input: $input) { review { status } errors { code } } }"""
STATS = "reviewStats { count average histogram { rating count } }"


@dataclass(frozen=True, slots=True)
class ReviewedFilm:
    """A started reviews subgraph, and a film that it knows."""

    door: Door
    runtime: Runtime
    movie_id: str

    async def receive(self, type_: str, payload: dict[str, Any], version: int = 1) -> None:
        """Publish an event of another subgraph and wait until it is handled."""
        aggregate_id = str(payload.get("ticket_id") or payload.get("user_id") or payload["movie_id"])
        event = make_event(self.runtime, type_, payload, aggregate_id=aggregate_id, version=version)
        await emit(self.runtime, event)

    async def write(self, viewer: Viewer, **changes: Any) -> Any:
        """Review the film; returns the payload of `createReview`."""
        given = {"movieId": self.movie_id, "rating": 4, "title": "Good", "body": "I laughed.", **changes}
        return (await self.door.ask(CREATE, {"input": given}, viewer=viewer)).only()

    async def stats(self, viewer: Viewer = ANONYMOUS) -> Any:
        """Return the `reviewStats` of the film."""
        return (await self.door.entities("Movie", [self.movie_id], STATS, viewer)).only()[0]["reviewStats"]


@pytest.fixture
async def film(open_documents_door: OpenDoor, runtime: Runtime, clock: FrozenClock) -> ReviewedFilm:
    film = ReviewedFilm(await open_documents_door(build), runtime, new_id("mov", clock.now()))
    await film.receive("movie.created", {"movie_id": film.movie_id})
    return film
