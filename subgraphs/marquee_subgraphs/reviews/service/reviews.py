"""Reviews: writing and changing one, voting, moderating, and what events change about them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.documents import DuplicateDocument, VersionConflict
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.refusals import NotAllowed, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.reviews.domain import (
    LONGEST_BODY,
    LONGEST_TITLE,
    MODERATE,
    RATINGS,
    ReviewRecord,
    ReviewStatus,
    ReviewVote,
)
from marquee_subgraphs.reviews.errors import ReviewExists
from marquee_subgraphs.reviews.events.published import ReviewCreated, UserErased
from marquee_subgraphs.reviews.store import ReviewStore

T = TypeVar("T")
_ATTEMPTS: Final = 20
_LONGEST_ID: Final = 64


@dataclass(frozen=True, slots=True)
class NewReview:
    """A review that a person wants to publish."""

    movie_id: str
    rating: int
    title: str
    body: str


class Reviews:
    """Writes reviews and votes."""

    def __init__(self, backend: Backend, store: ReviewStore) -> None:
        self._backend = backend
        self._store = store

    async def create(self, viewer: Viewer, wanted: NewReview) -> ReviewRecord:
        """Publish one's review of a film. It is verified if its author attended a showtime.

        Raises `Unauthenticated`, `InvalidInputs`, `NotFound`, `ReviewExists`.
        """
        user_id = viewer.require_user()
        with InputCheck() as check:
            check.identifier("movieId", wanted.movie_id, "mov")
            review = _checked(check, self._new_review(user_id, wanted))
        try:
            async with self._backend.database.transaction() as tx:
                if not await self._store.has_film(tx, review.movie_id):
                    raise NotFound("There is no such film.", ["input", "movieId"])
                attended = await self._store.has_attended(tx, user_id, review.movie_id)
                review = replace(review, verified=attended)
                await self._store.insert(tx, review)
                await self._backend.outbox.add(tx, ReviewCreated.of(review), aggregate_id=review.id)
        except DuplicateDocument as duplicate:
            # Read in a transaction, which waits for writers: the other review may be committing right now,
            # and a plain read would not see it yet.
            async with self._backend.database.transaction() as tx:
                existing = await self._store.find_own(tx, user_id, review.movie_id)
            if existing is None:
                raise
            raise ReviewExists(existing) from duplicate
        return review

    async def update(
        self, viewer: Viewer, *, review_id: str, rating: int | None, title: str | None, body: str | None
    ) -> ReviewRecord:
        """Change one's own review; None leaves a field as it is.

        Raises `Unauthenticated`, `InvalidInputs`, and `NotFound`, for another person's review too.
        """
        user_id = viewer.require_user()
        now = self._backend.clock.now()

        async def work(tx: Transaction) -> ReviewRecord:
            review = await self._require(tx, viewer, review_id)
            if review.user_id != user_id:
                raise NotFound("You have no such review.", ["input", "reviewId"])
            changed = replace(
                review,
                rating=review.rating if rating is None else rating,
                title=review.title if title is None else title,
                body=review.body if body is None else body,
                updated_at=now,
            )
            with InputCheck() as check:
                changed = _checked(check, changed)
            return await self._store.replace(tx, changed)

        return await self._run(work)

    async def vote(self, viewer: Viewer, *, review_id: str, vote: ReviewVote | None) -> ReviewRecord:
        """Say whether a review helped; None takes the vote back.

        Raises `Unauthenticated`, `NotFound`, `NotAllowed` for one's own review.
        """
        user_id = viewer.require_user()

        async def work(tx: Transaction) -> ReviewRecord:
            review = await self._require(tx, viewer, review_id)
            if review.user_id == user_id:
                raise NotAllowed("Nobody votes on their own review.", ["input", "reviewId"])
            before = await self._store.find_vote(tx, review_id, user_id)
            if before is vote:
                return review
            changed = await self._store.replace(tx, review.with_vote(before, vote))
            await self._store.set_vote(tx, review_id, user_id, vote)
            return changed

        return await self._run(work)

    async def moderate(
        self, viewer: Viewer, *, review_id: str, status: ReviewStatus, reason: str
    ) -> ReviewRecord:
        """Hide or show a review. Raises `NotAllowed` without the scope, `InvalidInputs`, `NotFound`."""
        viewer.require_scope(MODERATE)
        with InputCheck() as check:
            reason = check.text("reason", reason, most=500)

        async def work(tx: Transaction) -> ReviewRecord:
            review = await self._require(tx, viewer, review_id)
            if review.status is status:
                return review
            changed = await self._store.replace(tx, replace(review, status=status))
            before, after = {"status": review.status.value}, {"status": status.value}
            deed = Deed.of_staff(viewer, "moderateReview", review_id, reason, before=before, after=after)
            await self._backend.audit.append(tx, deed)
            return changed

        return await self._run(work)

    async def attend(self, tx: Transaction, user_id: str, movie_id: str) -> None:
        """Record that a person attended the film, and mark their review of it, if any, as verified."""
        if not await self._store.add_attendance(tx, user_id, movie_id):
            return
        review = await self._store.find_own(tx, user_id, movie_id)
        if review is not None:
            await self._store.replace(tx, replace(review, verified=True))

    async def erase(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        """Forget the person, and publish that it is done."""
        await self._store.erase(tx, user_id)
        erased = UserErased(user_id=user_id, subgraph="reviews")
        await self._backend.outbox.add(tx, erased, aggregate_id=user_id, cause=cause)

    async def _require(self, tx: Transaction, viewer: Viewer, review_id: str) -> ReviewRecord:
        review = await self._store.find(tx, review_id[:_LONGEST_ID])
        if review is None or not review.is_visible_to(viewer):
            raise NotFound("There is no such review.", ["input", "reviewId"])
        return review

    async def _run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a transaction, again when another writer changed the same document."""
        # Twelve readers vote on one review at once: one replaces version 1, the others read version 2.
        attempt = 1
        while True:
            try:
                async with self._backend.database.transaction() as tx:
                    return await work(tx)
            except (VersionConflict, DuplicateDocument):
                if attempt == _ATTEMPTS:
                    raise
            attempt += 1

    def _new_review(self, user_id: str, wanted: NewReview) -> ReviewRecord:
        now = self._backend.clock.now()
        return ReviewRecord(
            id=new_id("rev", now),
            version=1,
            movie_id=wanted.movie_id,
            user_id=user_id,
            rating=wanted.rating,
            title=wanted.title,
            body=wanted.body,
            verified=False,
            status=ReviewStatus.PUBLISHED,
            helpful=0,
            not_helpful=0,
            created_at=now,
            updated_at=now,
        )


def _checked(check: InputCheck, review: ReviewRecord) -> ReviewRecord:
    return replace(
        review,
        rating=check.integer("rating", review.rating, least=RATINGS.start, most=RATINGS.stop - 1),
        title=check.text("title", review.title, most=LONGEST_TITLE),
        body=check.text("body", review.body, most=LONGEST_BODY, multiline=True),
    )
