"""The store of reviews: the only code that reads and writes the documents of reviews, votes, attendances and
known films.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents import (
    AtLeast,
    DocumentRepository,
    Documents,
    Equal,
    Filter,
    OneOf,
    Sort,
    StoredDocument,
)
from marquee_subgraphs.kit.pagination import MAX_PAGE_SIZE, Page, PageRequest
from marquee_subgraphs.reviews.domain import (
    RATINGS,
    RatingTally,
    ReviewQuery,
    ReviewRecord,
    ReviewSort,
    ReviewStatus,
    ReviewVote,
)
from marquee_subgraphs.reviews.tables import (
    ALL_TABLES,
    ATTENDANCE_TABLES,
    FILM_TABLES,
    REVIEW_TABLES,
    REVIEWS,
    VOTE_TABLES,
)

_SORTS: Final[Mapping[ReviewSort, tuple[Sort, ...]]] = {
    ReviewSort.NEWEST: (Sort("created_at", descending=True),),
    ReviewSort.MOST_HELPFUL: (Sort("helpful", descending=True), Sort("created_at", descending=True)),
    ReviewSort.HIGHEST: (Sort("rating", descending=True), Sort("created_at", descending=True)),
    ReviewSort.LOWEST: (Sort("rating"), Sort("created_at", descending=True)),
}


@dataclass(frozen=True, slots=True)
class ReviewStore:
    """Reads and writes of reviews; each method asks a repository once unless it says otherwise."""

    TABLES: ClassVar = ALL_TABLES
    """What `Runtime.open_documents` must open."""

    reviews: DocumentRepository
    votes: DocumentRepository
    attendances: DocumentRepository
    films: DocumentRepository

    @classmethod
    def of(cls, documents: Documents) -> ReviewStore:
        """Return the store on open documents."""
        return cls(
            reviews=documents.repository(REVIEW_TABLES),
            votes=documents.repository(VOTE_TABLES),
            attendances=documents.repository(ATTENDANCE_TABLES),
            films=documents.repository(FILM_TABLES),
        )

    # Lists of reviews

    def page_request(self, first: int, after: str | None, sort: ReviewSort) -> PageRequest:
        """Check the arguments of a connection. Raises `InvalidInput`."""
        return PageRequest.of(first, after, REVIEWS.key_types(_SORTS[sort]))

    async def page(self, query: ReviewQuery, sort: ReviewSort, request: PageRequest) -> Page[ReviewRecord]:
        """Return the reviews that match, in order."""
        return _page(await self.reviews.find(_filters(query), sort=_SORTS[sort], page=request))

    async def first_pages(
        self, field: str, ids: Sequence[str], query: ReviewQuery, sort: ReviewSort, first: int
    ) -> dict[str, Page[ReviewRecord]]:
        """Return the first page of each film (`field` is `movie_id`) or author (`user_id`)."""
        found = await self.reviews.find_each(field, ids, _filters(query), sort=_SORTS[sort], first=first)
        return {str(id_): _page(page) for id_, page in found.items()}

    async def count(self, query: ReviewQuery) -> int:
        """Return the number of reviews that match."""
        return await self.reviews.count(_filters(query))

    async def tallies(self, movie_ids: Sequence[str]) -> dict[str, RatingTally]:
        """Return the published ratings of each film."""
        published: list[Filter] = [
            OneOf("movie_id", movie_ids),
            Equal("status", ReviewStatus.PUBLISHED.value),
        ]
        tally = await self.reviews.tally(["movie_id", "rating"], published)
        return {
            movie_id: RatingTally({rating: tally.get((movie_id, float(rating)), 0) for rating in RATINGS})
            for movie_id in movie_ids
        }

    # Single reviews

    async def find_many(self, ids: Sequence[str]) -> dict[str, ReviewRecord]:
        """Return the reviews with these ids, by id; an unknown id is left out."""
        found = await self.reviews.get_many(ids)
        return {id_: _review(document) for id_, document in found.items()}

    async def find(self, unit: UnitOfWork, review_id: str) -> ReviewRecord | None:
        """Return the review as the unit of work sees it, or None."""
        document = await self.reviews.get(review_id, within=unit)
        return None if document is None else _review(document)

    async def of_author(self, user_id: str, movie_ids: Sequence[str]) -> dict[str, ReviewRecord]:
        """Return one person's reviews of these films, by film; looks at one page of films at most."""
        filters: list[Filter] = [Equal("user_id", user_id), OneOf("movie_id", movie_ids[:MAX_PAGE_SIZE])]
        found = await self.reviews.find(filters, page=PageRequest(first=MAX_PAGE_SIZE))
        return {str(document.body["movie_id"]): _review(document) for document in found.rows}

    async def find_own(self, unit: UnitOfWork, user_id: str, movie_id: str) -> ReviewRecord | None:
        """Return one person's review of one film, or None."""
        filters = [Equal("user_id", user_id), Equal("movie_id", movie_id)]
        found = await self.reviews.find(filters, page=PageRequest(first=1), within=unit)
        return _review(found.rows[0]) if found.rows else None

    async def insert(self, unit: UnitOfWork, review: ReviewRecord) -> None:
        """Add a review. Raises `DuplicateDocument` when its author reviewed the film before."""
        await self.reviews.insert(unit, review.id, _body(review))

    async def replace(self, unit: UnitOfWork, review: ReviewRecord) -> ReviewRecord:
        """Write a changed review over the version it was read at, and return it with its new version.

        Raises `VersionConflict` when the stored review has another version by now.
        """
        document = await self.reviews.replace(unit, review.id, _body(review), expected_version=review.version)
        return _review(document)

    # Votes

    async def find_vote(self, unit: UnitOfWork, review_id: str, user_id: str) -> ReviewVote | None:
        """Return a reader's vote on a review, or None."""
        document = await self.votes.get(_vote_id(review_id, user_id), within=unit)
        return None if document is None else ReviewVote(document.body["vote"])

    async def votes_of(self, user_id: str, review_ids: Sequence[str]) -> dict[str, ReviewVote]:
        """Return one reader's votes on these reviews, by review."""
        found = await self.votes.get_many([_vote_id(review_id, user_id) for review_id in review_ids])
        return {id_.partition(":")[0]: ReviewVote(each.body["vote"]) for id_, each in found.items()}

    async def set_vote(self, unit: UnitOfWork, review_id: str, user_id: str, vote: ReviewVote | None) -> None:
        """Replace a reader's vote; None removes it. Two requests."""
        vote_id = _vote_id(review_id, user_id)
        await self.votes.delete(unit, vote_id)
        if vote is not None:
            await self.votes.insert(unit, vote_id, {"user_id": user_id, "vote": vote.value})

    # What other subgraphs published

    async def add_attendance(self, unit: UnitOfWork, user_id: str, movie_id: str) -> bool:
        """Record that somebody attended the film. Returns False when it was recorded before. Two requests."""
        if await self.has_attended(unit, user_id, movie_id):
            return False
        await self.attendances.insert(unit, f"{user_id}:{movie_id}", {"user_id": user_id})
        return True

    async def has_attended(self, unit: UnitOfWork, user_id: str, movie_id: str) -> bool:
        """True if this person attended a showtime of the film."""
        return await self.attendances.get(f"{user_id}:{movie_id}", within=unit) is not None

    async def add_film(self, unit: UnitOfWork, movie_id: str) -> None:
        """Record that the film exists. Two requests."""
        if not await self.has_film(unit, movie_id):
            await self.films.insert(unit, movie_id, {})

    async def has_film(self, unit: UnitOfWork, movie_id: str) -> bool:
        """True if the film exists."""
        return await self.films.get(movie_id, within=unit) is not None

    async def erase(self, unit: UnitOfWork, user_id: str) -> None:
        """Delete a person's reviews, votes and attendances, page by page."""
        # The counts on the reviews stay: a count of votes does not name those who voted.
        for repository in (self.reviews, self.votes, self.attendances):
            while True:
                found = await repository.find(
                    [Equal("user_id", user_id)], page=PageRequest(first=MAX_PAGE_SIZE), within=unit
                )
                for document in found.rows:
                    await repository.delete(unit, document.id)
                if not found.has_next:
                    break


def _vote_id(review_id: str, user_id: str) -> str:
    return f"{review_id}:{user_id}"


def _filters(query: ReviewQuery) -> list[Filter]:
    filters: list[Filter] = []
    if query.movie_id is not None:
        filters.append(Equal("movie_id", query.movie_id))
    if query.user_id is not None:
        filters.append(Equal("user_id", query.user_id))
    if query.min_rating is not None:
        filters.append(AtLeast("rating", float(query.min_rating)))
    if query.verified_only:
        filters.append(Equal("verified", True))
    if query.status is not None:
        filters.append(Equal("status", query.status.value))
    return filters


def _page(page: Page[StoredDocument]) -> Page[ReviewRecord]:
    rows = [_review(document) for document in page.rows]
    return Page(rows, page.cursors, page.has_next, page.has_previous)


def _body(review: ReviewRecord) -> dict[str, Any]:
    return {
        "movie_id": review.movie_id,
        "user_id": review.user_id,
        "rating": review.rating,
        "title": review.title,
        "body": review.body,
        "verified": review.verified,
        "status": review.status.value,
        "helpful": review.helpful,
        "not_helpful": review.not_helpful,
        # Always microseconds: the store sorts these as text, and ".5" would follow ".123456".
        "created_at": review.created_at.isoformat(timespec="microseconds"),
        "updated_at": review.updated_at.isoformat(timespec="microseconds"),
    }


def _review(document: StoredDocument) -> ReviewRecord:
    body = document.body
    return ReviewRecord(
        id=document.id,
        version=document.version,
        movie_id=body["movie_id"],
        user_id=body["user_id"],
        rating=int(body["rating"]),
        title=body["title"],
        body=body["body"],
        verified=body["verified"],
        status=ReviewStatus(body["status"]),
        helpful=int(body["helpful"]),
        not_helpful=int(body["not_helpful"]),
        created_at=datetime.fromisoformat(body["created_at"]),
        updated_at=datetime.fromisoformat(body["updated_at"]),
    )
