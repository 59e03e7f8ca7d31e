"""The use cases of reviews: one method each, one unit of work each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents import DocumentStore, DuplicateDocument, Filter, VersionConflict
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.pagination import Page
from marquee_subgraphs.kit.refusals import NotAllowed, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.reviews.domain import (
    LONGEST_BODY,
    LONGEST_TITLE,
    MODERATE,
    RATINGS,
    RatingTally,
    ReviewRecord,
    ReviewStatus,
    ReviewVote,
)
from marquee_subgraphs.reviews.errors import ReviewExists
from marquee_subgraphs.reviews.events import ReviewEvents
from marquee_subgraphs.reviews.store import ReviewSort, ReviewStore, review_filters

T = TypeVar("T")
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The key of a nested first page: whose reviews, in which order, how many."""

    field: str
    parent_id: str
    sort: ReviewSort
    first: int
    hidden_too: bool = False


class ReviewService:
    """What people think of the films."""

    def __init__(
        self,
        *,
        documents: DocumentStore,
        store: ReviewStore,
        events: ReviewEvents,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._store = store
        self._events = events
        self._audit = audit
        self._clock = clock

    # Reading

    async def reviews_by_id(self, ids: Sequence[str]) -> Mapping[str, ReviewRecord]:
        """Batch load of reviews, hidden ones too: the caller asks `is_visible_to`."""
        return await self._store.find_many(ids)

    async def tallies(self, movie_ids: Sequence[str]) -> Mapping[str, RatingTally]:
        """Batch load of how each film was rated."""
        return await self._store.tallies(movie_ids)

    async def own_reviews(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], ReviewRecord]:
        """Batch load of reviews by author and film."""
        found: dict[tuple[str, str], ReviewRecord] = {}
        for user_id in {user_id for user_id, _ in keys}:
            movies = [movie_id for author, movie_id in keys if author == user_id]
            reviews = await self._store.of_author(user_id, movies)
            found |= {(user_id, movie_id): review for movie_id, review in reviews.items()}
        return found

    async def votes(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], ReviewVote]:
        """Batch load of votes by reader and review."""
        found: dict[tuple[str, str], ReviewVote] = {}
        for user_id in {user_id for user_id, _ in keys}:
            reviews = [review_id for reader, review_id in keys if reader == user_id]
            votes = await self._store.votes(reviews, user_id)
            found |= {(user_id, review_id): vote for review_id, vote in votes.items()}
        return found

    async def first_pages(self, keys: Sequence[FirstPage]) -> Mapping[FirstPage, Page[ReviewRecord]]:
        """Batch load of nested first pages: one request for all parents that are asked the same."""
        groups: dict[tuple[str, ReviewSort, int, bool], list[FirstPage]] = {}
        for key in keys:
            groups.setdefault((key.field, key.sort, key.first, key.hidden_too), []).append(key)
        pages: dict[FirstPage, Page[ReviewRecord]] = {}
        for (field, sort, first, hidden_too), group in groups.items():
            filters = review_filters(status=None if hidden_too else ReviewStatus.PUBLISHED)
            found = await self._store.first_pages(
                field, [key.parent_id for key in group], filters, sort, first
            )
            pages |= {key: found[key.parent_id] for key in group}
        return pages

    async def page(
        self, filters: Sequence[Filter], sort: ReviewSort, *, first: int, after: str | None
    ) -> Page[ReviewRecord]:
        """Reviews in order. Raises `InvalidInput`."""
        return await self._store.page(filters, sort, self._store.page_request(first, after, sort))

    async def count(self, filters: Sequence[Filter]) -> int:
        """How many reviews the same filters find."""
        return await self._store.count(filters)

    def may_read(self, viewer: Viewer, status: ReviewStatus) -> None:
        """Raise `NotAllowed` when reviews of this status are for moderators only."""
        if status is not ReviewStatus.PUBLISHED:
            viewer.require_scope(MODERATE)

    # Changing

    async def create(
        self, viewer: Viewer, *, movie_id: str, rating: int, title: str, body: str
    ) -> ReviewRecord:
        """Write one's review of a film.

        Raises `Unauthenticated`, `InvalidInputs`, `NotFound`, `ReviewExists`.
        """
        user_id = viewer.require_user()
        now = self._clock.now()
        with InputCheck() as check:
            check.identifier("movieId", movie_id, "mov")
            rating, title, body = _check_words(check, rating, title, body)
        review = ReviewRecord(
            id=new_id("rev", now),
            version=1,
            movie_id=movie_id,
            user_id=user_id,
            rating=rating,
            title=title,
            body=body,
            verified=False,
            status=ReviewStatus.PUBLISHED,
            helpful=0,
            not_helpful=0,
            created_at=now,
            updated_at=now,
        )
        try:
            async with self._documents.transaction() as unit:
                if not await self._store.knows_film(unit, movie_id):
                    raise NotFound("There is no such film.", ["input", "movieId"])
                attended = await self._store.attended(unit, user_id, movie_id)
                review = replace(review, verified=attended)
                await self._store.insert(unit, review)
                await self._events.created(unit, review)
        except DuplicateDocument as duplicate:
            # Read behind the writers: the other review may be committing at this moment.
            async with self._documents.transaction() as unit:
                existing = await self._store.find_own(unit, user_id, movie_id)
            if existing is None:
                raise
            raise ReviewExists(existing) from duplicate
        return review

    async def update(
        self, viewer: Viewer, *, review_id: str, rating: int | None, title: str | None, body: str | None
    ) -> ReviewRecord:
        """Change one's own review; what is None stays.

        Raises `Unauthenticated`, `InvalidInputs`, `NotFound`, also for somebody else's.
        """
        user_id = viewer.require_user()
        now = self._clock.now()

        async def work(unit: UnitOfWork) -> ReviewRecord:
            review = await self._require(unit, viewer, review_id)
            if review.user_id != user_id:
                raise NotFound("You have no such review.", ["input", "reviewId"])
            with InputCheck() as check:
                words = _check_words(
                    check,
                    review.rating if rating is None else rating,
                    review.title if title is None else title,
                    review.body if body is None else body,
                )
            changed = replace(review, rating=words[0], title=words[1], body=words[2], updated_at=now)
            return await self._store.replace(unit, changed)

        return await self._run(work)

    async def vote(self, viewer: Viewer, *, review_id: str, vote: ReviewVote | None) -> ReviewRecord:
        """Say whether a review helped; None takes the vote back.

        Raises `Unauthenticated`, `NotFound`, `NotAllowed` on one's own.
        """
        user_id = viewer.require_user()

        async def work(unit: UnitOfWork) -> ReviewRecord:
            review = await self._require(unit, viewer, review_id)
            if review.user_id == user_id:
                raise NotAllowed("Nobody votes on their own review.", ["input", "reviewId"])
            before = await self._store.vote(unit, review_id, user_id)
            if before is vote:
                return review
            changed = await self._store.replace(unit, review.with_vote(before, vote))
            await self._store.set_vote(unit, review_id, user_id, vote)
            return changed

        return await self._run(work)

    async def moderate(
        self, viewer: Viewer, *, review_id: str, status: ReviewStatus, reason: str
    ) -> ReviewRecord:
        """Hide or show a review. Raises `NotAllowed` without the scope, `InvalidInputs`, `NotFound`."""
        actor_id = viewer.require_scope(MODERATE)
        with InputCheck() as check:
            reason = check.text("reason", reason, most=500)

        async def work(unit: UnitOfWork) -> ReviewRecord:
            review = await self._require(unit, viewer, review_id)
            if review.status is status:
                return review
            changed = await self._store.replace(unit, replace(review, status=status))
            await self._audit.record(
                unit,
                actor_id=actor_id,
                actor_role="admin" if viewer.is_admin else "staff",
                action="moderateReview",
                target=review_id,
                reason=reason,
                before={"status": review.status.value},
                after={"status": status.value},
            )
            return changed

        return await self._run(work)

    # Steps

    async def _require(self, unit: UnitOfWork, viewer: Viewer, review_id: str) -> ReviewRecord:
        review = await self._store.find(unit, review_id[:64])
        if review is None or not review.is_visible_to(viewer):
            raise NotFound("There is no such review.", ["input", "reviewId"])
        return review

    async def _run(self, work: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """Run `work` in a unit, again when another writer came first."""
        for _ in range(_ATTEMPTS - 1):
            try:
                async with self._documents.transaction() as unit:
                    return await work(unit)
            except (VersionConflict, DuplicateDocument):
                continue
        async with self._documents.transaction() as unit:
            return await work(unit)


def _check_words(check: InputCheck, rating: int, title: str, body: str) -> tuple[int, str, str]:
    return (
        check.integer("rating", rating, least=RATINGS.start, most=RATINGS.stop - 1),
        check.text("title", title, most=LONGEST_TITLE),
        check.text("body", body, most=LONGEST_BODY, multiline=True),
    )
