"""Reviews: one per film and person, votes that count, what is hidden, what is verified."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.identity import ANONYMOUS, Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.reviews.app import build
from tests.subgraphs.conftest import OpenDoor
from tests.subgraphs.door import Door, customer, staff
from tests.subgraphs.hearing import hear, make_event

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
class Desk:
    """A reviews door that has heard of one film."""

    door: Door
    runtime: Runtime
    movie_id: str

    async def hear(self, type_: str, payload: dict[str, Any], version: int = 1) -> None:
        """Take an event to its end."""
        aggregate_id = str(payload.get("ticket_id") or payload.get("user_id") or payload["movie_id"])
        event = make_event(self.runtime, type_, payload, aggregate_id=aggregate_id, version=version)
        await hear(self.runtime, event)

    async def write(self, viewer: Viewer, **changes: Any) -> Any:
        """Review the film."""
        given = {"movieId": self.movie_id, "rating": 4, "title": "Good", "body": "I laughed.", **changes}
        return (await self.door.ask(CREATE, {"input": given}, viewer=viewer)).only()

    async def stats(self, viewer: Viewer = ANONYMOUS) -> Any:
        """How the film stands."""
        return (await self.door.entities("Movie", [self.movie_id], STATS, viewer)).only()[0]["reviewStats"]


@pytest.fixture
async def desk(open_documents_door: OpenDoor, runtime: Runtime, clock: FrozenClock) -> Desk:
    desk = Desk(await open_documents_door(build), runtime, new_id("mov", clock.now()))
    await desk.hear("movie.created", {"movie_id": desk.movie_id})
    return desk


async def test_a_person_reviews_a_film_once_however_often_they_try(desk: Desk) -> None:
    payloads = await asyncio.gather(*(desk.write(ANA, rating=5) for _ in range(20)))
    [written] = [payload["review"]["id"] for payload in payloads if payload["review"]]
    refused = [error for payload in payloads for error in payload["errors"]]
    assert len(refused) == 19
    assert {(error["code"], error["review"]["id"]) for error in refused} == {("REVIEW_EXISTS", written)}
    assert (await desk.stats())["count"] == 1


async def test_stats_are_those_of_the_published_reviews(desk: Desk) -> None:
    ids = []
    for index, rating in enumerate((5, 4, 4, 1)):
        ids.append((await desk.write(customer(f"usr_{index}"), rating=rating))["review"]["id"])
    hidden = {"input": {"reviewId": ids[3], "status": "HIDDEN", "reason": "spoilers"}}
    assert (await desk.door.ask(MODERATE, hidden, viewer=MODERATOR)).only()["errors"] == []
    stats = await desk.stats()
    assert (stats["count"], stats["average"]) == (3, 4.33)
    assert [each["count"] for each in stats["histogram"]] == [0, 0, 0, 2, 1]


async def test_a_hidden_review_is_seen_by_its_author_and_moderators_only(desk: Desk) -> None:
    review_id = (await desk.write(ANA))["review"]["id"]
    hide = {"input": {"reviewId": review_id, "status": "HIDDEN", "reason": "insults"}}
    refused = (await desk.door.ask(MODERATE, hide, viewer=BRUNO)).only()
    assert refused["errors"] == [{"code": "NOT_ALLOWED"}]
    await desk.door.ask(MODERATE, hide, viewer=MODERATOR)
    seen = {}
    for name, viewer in {"ana": ANA, "bruno": BRUNO, "moderator": MODERATOR}.items():
        answer = await desk.door.ask(
            "query ($id: ID!) { review(id: $id) { status } }", {"id": review_id}, viewer=viewer
        )
        seen[name] = answer.only()
    assert seen == {"ana": {"status": "HIDDEN"}, "bruno": None, "moderator": {"status": "HIDDEN"}}
    listed = await desk.door.ask("{ reviews(filter: {status: HIDDEN}) { totalCount } }", viewer=BRUNO)
    assert listed.codes == ["NOT_ALLOWED"]
    voted = await desk.door.ask(VOTE, {"input": {"reviewId": review_id, "vote": "HELPFUL"}}, viewer=BRUNO)
    assert voted.only()["errors"] == [{"code": "NOT_FOUND"}]


async def test_votes_of_many_at_once_are_all_counted(desk: Desk) -> None:
    review_id = (await desk.write(ANA))["review"]["id"]

    async def vote(index: int) -> None:
        given = {"reviewId": review_id, "vote": "HELPFUL" if index % 3 else "NOT_HELPFUL"}
        for _ in range(2):  # twice the same is once
            payload = (await desk.door.ask(VOTE, {"input": given}, viewer=customer(f"usr_{index}"))).only()
            assert payload["errors"] == []

    await asyncio.gather(*(vote(index) for index in range(12)))
    answer = await desk.door.ask("{ reviews { nodes { helpfulCount notHelpfulCount } } }")
    assert answer.only()["nodes"] == [{"helpfulCount": 8, "notHelpfulCount": 4}]


async def test_a_vote_is_changed_and_taken_back_and_never_ones_own(desk: Desk) -> None:
    review_id = (await desk.write(ANA))["review"]["id"]
    counts = []
    for vote in ("HELPFUL", "NOT_HELPFUL", None):
        given = {"input": {"reviewId": review_id, "vote": vote}}
        review = (await desk.door.ask(VOTE, given, viewer=BRUNO)).only()["review"]
        counts.append((review["helpfulCount"], review["notHelpfulCount"], review["myVote"]))
    assert counts == [(1, 0, "HELPFUL"), (0, 1, "NOT_HELPFUL"), (0, 0, None)]
    own = await desk.door.ask(VOTE, {"input": {"reviewId": review_id, "vote": "HELPFUL"}}, viewer=ANA)
    assert own.only()["errors"] == [{"code": "NOT_ALLOWED"}]


@pytest.mark.parametrize("attended_first", [True, False])
async def test_a_review_is_verified_by_a_visit_before_or_after(desk: Desk, attended_first: bool) -> None:
    visit = {"ticket_id": "tkt_1", "user_id": "usr_ana", "movie_id": desk.movie_id}
    if attended_first:
        await desk.hear("ticket.checked_in", visit)
    await desk.write(ANA)
    if not attended_first:
        await desk.hear("ticket.checked_in", visit)
        await desk.hear("ticket.checked_in", visit, version=2)
    await desk.hear("ticket.checked_in", {**visit, "ticket_id": "tkt_2", "user_id": None})
    answer = await desk.door.ask("{ reviews(filter: {verifiedOnly: true}) { totalCount } }")
    assert answer.only() == {"totalCount": 1}


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"rating": 0}, "INVALID_INPUT", "rating"),
        ({"rating": 6}, "INVALID_INPUT", "rating"),
        ({"title": ""}, "INVALID_INPUT", "title"),
        ({"title": "x" * 10_000}, "INVALID_INPUT", "title"),
        ({"body": "\u202egnirts"}, "INVALID_INPUT", "body"),
        ({"body": "x" * 100_000}, "INVALID_INPUT", "body"),
        ({"movieId": "mov_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"}, "NOT_FOUND", "movieId"),
        ({"movieId": "1 OR 1=1"}, "INVALID_INPUT", "movieId"),
    ],
)
async def test_bad_input_is_named_and_changes_nothing(
    desk: Desk, changes: dict[str, Any], code: str, field: str
) -> None:
    payload = await desk.write(ANA, **changes)
    assert payload["review"] is None
    assert [(error["code"], error["path"][1]) for error in payload["errors"]] == [(code, field)]
    assert (await desk.door.ask("{ reviews { totalCount } }")).only() == {"totalCount": 0}


async def test_nobody_changes_the_review_of_another(desk: Desk) -> None:
    review_id = (await desk.write(ANA))["review"]["id"]
    update = """mutation ($input: UpdateReviewInput!) {
      updateReview(input: $input) { review { title rating } errors { code } } }"""
    given = {"input": {"reviewId": review_id, "title": "Hacked"}}
    assert (await desk.door.ask(update, given, viewer=BRUNO)).only()["errors"] == [{"code": "NOT_FOUND"}]
    assert (await desk.door.ask(update, given, viewer=ANONYMOUS)).only()["errors"] == [
        {"code": "UNAUTHENTICATED"}
    ]
    changed = (
        await desk.door.ask(update, {"input": {"reviewId": review_id, "rating": 2}}, viewer=ANA)
    ).only()
    assert changed["review"] == {"title": "Good", "rating": 2}


async def test_pages_follow_each_other_in_every_order(desk: Desk) -> None:
    for index in range(5):
        await desk.write(customer(f"usr_{index}"), rating=1 + index % 3, title=f"T{index}")
    query = """query ($sort: ReviewSort!, $after: String) {
      reviews(first: 2, sort: $sort, after: $after) {
        nodes { title } pageInfo { hasNextPage endCursor } } }"""
    for sort in ("NEWEST", "MOST_HELPFUL", "HIGHEST", "LOWEST"):
        seen: list[str] = []
        after = None
        while True:
            page = (await desk.door.ask(query, {"sort": sort, "after": after})).only()
            seen += [node["title"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert sorted(seen) == [f"T{index}" for index in range(5)]


async def test_many_films_cost_as_many_statements_as_one(desk: Desk) -> None:
    await desk.write(ANA)
    database: Database = desk.door.subgraph.service._documents
    selection = f"{STATS} myReview {{ id }} reviews(first: 3) {{ nodes {{ id myVote }} }}"
    counts = []
    for movies in ([desk.movie_id], [desk.movie_id, *(f"mov_{index}" for index in range(40))]):
        with database.count_statements() as counted:
            answer = await desk.door.entities("Movie", movies, selection, ANA)
        assert answer.only()[0]["myReview"] is not None
        counts.append(counted.count)
    assert counts[0] == counts[1] <= 5


async def test_who_asks_to_be_forgotten_leaves_nothing(desk: Desk) -> None:
    await desk.write(ANA)
    kept = (await desk.write(BRUNO))["review"]["id"]
    await desk.door.ask(VOTE, {"input": {"reviewId": kept, "vote": "HELPFUL"}}, viewer=ANA)
    await desk.hear("user.erasure_requested", {"user_id": "usr_ana"})
    answer = await desk.door.entities("User", ["usr_ana"], "reviews { totalCount }", ANA)
    assert answer.only() == [{"reviews": {"totalCount": 0}}]
    assert (await desk.stats())["count"] == 1
