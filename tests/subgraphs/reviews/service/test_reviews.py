"""Reviews: one per film and person, votes that count, what is hidden, what is verified."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from marquee_subgraphs.kit.identity import ANONYMOUS
from tests.subgraphs.door import customer
from tests.subgraphs.reviews.conftest import ANA, BRUNO, MODERATE, MODERATOR, STATS, VOTE, ReviewedFilm


async def test_a_person_reviews_a_film_once_however_often_they_try(film: ReviewedFilm) -> None:
    payloads = await asyncio.gather(*(film.write(ANA, rating=5) for _ in range(20)))
    [written] = [payload["review"]["id"] for payload in payloads if payload["review"]]
    refused = [error for payload in payloads for error in payload["errors"]]
    assert len(refused) == 19
    assert {(error["code"], error["review"]["id"]) for error in refused} == {("REVIEW_EXISTS", written)}
    assert (await film.stats())["count"] == 1


async def test_stats_are_those_of_the_published_reviews(film: ReviewedFilm) -> None:
    ids = []
    for index, rating in enumerate((5, 4, 4, 1)):
        ids.append((await film.write(customer(f"usr_{index}"), rating=rating))["review"]["id"])
    hidden = {"input": {"reviewId": ids[3], "status": "HIDDEN", "reason": "spoilers"}}
    assert (await film.door.ask(MODERATE, hidden, viewer=MODERATOR)).only()["errors"] == []
    stats = await film.stats()
    assert (stats["count"], stats["average"]) == (3, 4.33)
    assert [each["count"] for each in stats["histogram"]] == [0, 0, 0, 2, 1]


async def test_a_hidden_review_is_seen_by_its_author_and_moderators_only(film: ReviewedFilm) -> None:
    review_id = (await film.write(ANA))["review"]["id"]
    hide = {"input": {"reviewId": review_id, "status": "HIDDEN", "reason": "insults"}}
    refused = (await film.door.ask(MODERATE, hide, viewer=BRUNO)).only()
    assert refused["errors"] == [{"code": "NOT_ALLOWED"}]
    await film.door.ask(MODERATE, hide, viewer=MODERATOR)
    seen = {}
    for name, viewer in {"ana": ANA, "bruno": BRUNO, "moderator": MODERATOR}.items():
        answer = await film.door.ask(
            "query ($id: ID!) { review(id: $id) { status } }", {"id": review_id}, viewer=viewer
        )
        seen[name] = answer.only()
    assert seen == {"ana": {"status": "HIDDEN"}, "bruno": None, "moderator": {"status": "HIDDEN"}}
    listed = await film.door.ask("{ reviews(filter: {status: HIDDEN}) { totalCount } }", viewer=BRUNO)
    assert listed.codes == ["NOT_ALLOWED"]
    voted = await film.door.ask(VOTE, {"input": {"reviewId": review_id, "vote": "HELPFUL"}}, viewer=BRUNO)
    assert voted.only()["errors"] == [{"code": "NOT_FOUND"}]


async def test_votes_of_many_at_once_are_all_counted(film: ReviewedFilm) -> None:
    review_id = (await film.write(ANA))["review"]["id"]

    async def vote(index: int) -> None:
        given = {"reviewId": review_id, "vote": "HELPFUL" if index % 3 else "NOT_HELPFUL"}
        for _ in range(2):  # twice the same is once
            payload = (await film.door.ask(VOTE, {"input": given}, viewer=customer(f"usr_{index}"))).only()
            assert payload["errors"] == []

    await asyncio.gather(*(vote(index) for index in range(12)))
    answer = await film.door.ask("{ reviews { nodes { helpfulCount notHelpfulCount } } }")
    assert answer.only()["nodes"] == [{"helpfulCount": 8, "notHelpfulCount": 4}]


async def test_a_vote_is_changed_and_taken_back_and_never_ones_own(film: ReviewedFilm) -> None:
    review_id = (await film.write(ANA))["review"]["id"]
    counts = []
    for vote in ("HELPFUL", "NOT_HELPFUL", None):
        given = {"input": {"reviewId": review_id, "vote": vote}}
        review = (await film.door.ask(VOTE, given, viewer=BRUNO)).only()["review"]
        counts.append((review["helpfulCount"], review["notHelpfulCount"], review["myVote"]))
    assert counts == [(1, 0, "HELPFUL"), (0, 1, "NOT_HELPFUL"), (0, 0, None)]
    own = await film.door.ask(VOTE, {"input": {"reviewId": review_id, "vote": "HELPFUL"}}, viewer=ANA)
    assert own.only()["errors"] == [{"code": "NOT_ALLOWED"}]


@pytest.mark.parametrize("attended_first", [True, False])
async def test_a_review_is_verified_by_a_visit_before_or_after(
    film: ReviewedFilm, attended_first: bool
) -> None:
    visit = {"ticket_id": "tkt_1", "user_id": "usr_ana", "movie_id": film.movie_id}
    if attended_first:
        await film.receive("ticket.checked_in", visit)
    await film.write(ANA)
    if not attended_first:
        await film.receive("ticket.checked_in", visit)
        await film.receive("ticket.checked_in", visit, version=2)
    await film.receive("ticket.checked_in", {**visit, "ticket_id": "tkt_2", "user_id": None})
    answer = await film.door.ask("{ reviews(filter: {verifiedOnly: true}) { totalCount } }")
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
    film: ReviewedFilm, changes: dict[str, Any], code: str, field: str
) -> None:
    payload = await film.write(ANA, **changes)
    assert payload["review"] is None
    assert [(error["code"], error["path"][1]) for error in payload["errors"]] == [(code, field)]
    assert (await film.door.ask("{ reviews { totalCount } }")).only() == {"totalCount": 0}


async def test_nobody_changes_the_review_of_another(film: ReviewedFilm) -> None:
    review_id = (await film.write(ANA))["review"]["id"]
    update = """mutation ($input: UpdateReviewInput!) {
      updateReview(input: $input) { review { title rating } errors { code } } }"""
    given = {"input": {"reviewId": review_id, "title": "Hacked"}}
    assert (await film.door.ask(update, given, viewer=BRUNO)).only()["errors"] == [{"code": "NOT_FOUND"}]
    assert (await film.door.ask(update, given, viewer=ANONYMOUS)).only()["errors"] == [
        {"code": "UNAUTHENTICATED"}
    ]
    changed = (
        await film.door.ask(update, {"input": {"reviewId": review_id, "rating": 2}}, viewer=ANA)
    ).only()
    assert changed["review"] == {"title": "Good", "rating": 2}


async def test_pages_follow_each_other_in_every_order(film: ReviewedFilm) -> None:
    for index in range(5):
        await film.write(customer(f"usr_{index}"), rating=1 + index % 3, title=f"T{index}")
    query = """query ($sort: ReviewSort!, $after: String) {
      reviews(first: 2, sort: $sort, after: $after) {
        nodes { title } pageInfo { hasNextPage endCursor } } }"""
    for sort in ("NEWEST", "MOST_HELPFUL", "HIGHEST", "LOWEST"):
        seen: list[str] = []
        after = None
        while True:
            page = (await film.door.ask(query, {"sort": sort, "after": after})).only()
            seen += [node["title"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert sorted(seen) == [f"T{index}" for index in range(5)]


async def test_many_films_cost_as_many_statements_as_one(film: ReviewedFilm) -> None:
    await film.write(ANA)
    database = film.door.subgraph.database
    assert database is not None
    selection = f"{STATS} myReview {{ id }} reviews(first: 3) {{ nodes {{ id myVote }} }}"
    counts = []
    for movies in ([film.movie_id], [film.movie_id, *(f"mov_{index}" for index in range(40))]):
        with database.count_statements() as counted:
            answer = await film.door.entities("Movie", movies, selection, ANA)
        assert answer.only()[0]["myReview"] is not None
        counts.append(counted.count)
    assert counts[0] == counts[1] <= 5


async def test_who_asks_to_be_forgotten_leaves_nothing(film: ReviewedFilm) -> None:
    await film.write(ANA)
    kept = (await film.write(BRUNO))["review"]["id"]
    await film.door.ask(VOTE, {"input": {"reviewId": kept, "vote": "HELPFUL"}}, viewer=ANA)
    await film.receive("user.erasure_requested", {"user_id": "usr_ana"})
    answer = await film.door.entities("User", ["usr_ana"], "reviews { totalCount }", ANA)
    assert answer.only() == [{"reviews": {"totalCount": 0}}]
    assert (await film.stats())["count"] == 1
