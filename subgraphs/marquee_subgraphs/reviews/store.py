"""Reviews, votes, attendances and known films, as collections of documents. The only place that knows how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import MetaData

from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents import (
    AtLeast,
    Collection,
    DocumentRepository,
    Equal,
    Field,
    FieldKind,
    Filter,
    OneOf,
    Sort,
    StoredDocument,
    document_tables,
)
from marquee_subgraphs.kit.pagination import MAX_PAGE_SIZE, Page, PageRequest
from marquee_subgraphs.reviews.domain import RATINGS, RatingTally, ReviewRecord, ReviewStatus, ReviewVote

REVIEWS: Final = Collection(
    name="reviews",
    fields=(
        Field("movie_id", required=True),
        Field("user_id", required=True),
        Field("rating", FieldKind.NUMBER, required=True),
        Field("status", required=True),
        Field("verified", FieldKind.BOOLEAN, required=True),
        Field("helpful", FieldKind.NUMBER, required=True),
        Field("created_at", required=True),
    ),
    unique=(("movie_id", "user_id"),),
    indexes=(("movie_id", "status", "created_at"), ("user_id", "created_at"), ("status", "created_at")),
)
VOTES: Final = Collection(name="votes", fields=(Field("user_id", required=True),), indexes=(("user_id",),))
ATTENDANCES: Final = Collection(
    name="attendances", fields=(Field("user_id", required=True),), indexes=(("user_id",),)
)
FILMS: Final = Collection(name="films")

TABLES: Final = MetaData()
REVIEW_TABLES: Final = document_tables(TABLES, REVIEWS)
VOTE_TABLES: Final = document_tables(TABLES, VOTES)
ATTENDANCE_TABLES: Final = document_tables(TABLES, ATTENDANCES)
FILM_TABLES: Final = document_tables(TABLES, FILMS)


class ReviewSort(StrEnum):
    """The orders reviews can be read in."""

    NEWEST = "NEWEST"
    MOST_HELPFUL = "MOST_HELPFUL"
    HIGHEST = "HIGHEST"
    LOWEST = "LOWEST"


SORTS: Final[Mapping[ReviewSort, tuple[Sort, ...]]] = {
    ReviewSort.NEWEST: (Sort("created_at", descending=True),),
    ReviewSort.MOST_HELPFUL: (Sort("helpful", descending=True), Sort("created_at", descending=True)),
    ReviewSort.HIGHEST: (Sort("rating", descending=True), Sort("created_at", descending=True)),
    ReviewSort.LOWEST: (Sort("rating"), Sort("created_at", descending=True)),
}


def review_filters(
    *,
    movie_id: str | None = None,
    user_id: str | None = None,
    min_rating: int | None = None,
    verified_only: bool = False,
    status: ReviewStatus | None = ReviewStatus.PUBLISHED,
) -> list[Filter]:
    """Which reviews; None does not matter."""
    filters: list[Filter] = []
    if movie_id is not None:
        filters.append(Equal("movie_id", movie_id))
    if user_id is not None:
        filters.append(Equal("user_id", user_id))
    if min_rating is not None:
        filters.append(AtLeast("rating", float(min_rating)))
    if verified_only:
        filters.append(Equal("verified", True))
    if status is not None:
        filters.append(Equal("status", status.value))
    return filters


class ReviewStore:
    """Reads and writes of reviews; each method asks a repository once."""

    def __init__(
        self,
        reviews: DocumentRepository,
        votes: DocumentRepository,
        attendances: DocumentRepository,
        films: DocumentRepository,
    ) -> None:
        self._reviews = reviews
        self._votes = votes
        self._attendances = attendances
        self._films = films

    def page_request(self, first: int, after: str | None, sort: ReviewSort) -> PageRequest:
        """Check a connection's arguments. Raises `InvalidInput`."""
        return PageRequest.of(first, after, REVIEWS.key_types(SORTS[sort]))

    async def page(
        self, filters: Sequence[Filter], sort: ReviewSort, request: PageRequest
    ) -> Page[ReviewRecord]:
        """Reviews in order."""
        return _page(await self._reviews.find(filters, sort=SORTS[sort], page=request))

    async def first_pages(
        self, field: str, ids: Sequence[str], filters: Sequence[Filter], sort: ReviewSort, first: int
    ) -> dict[str, Page[ReviewRecord]]:
        """The first page of each film (`movie_id`) or author (`user_id`)."""
        found = await self._reviews.find_each(field, ids, filters, sort=SORTS[sort], first=first)
        return {str(id_): _page(page) for id_, page in found.items()}

    async def count(self, filters: Sequence[Filter]) -> int:
        return await self._reviews.count(filters)

    async def tallies(self, movie_ids: Sequence[str]) -> dict[str, RatingTally]:
        """The published ratings of each film."""
        published: list[Filter] = [
            OneOf("movie_id", movie_ids),
            Equal("status", ReviewStatus.PUBLISHED.value),
        ]
        tally = await self._reviews.tally(["movie_id", "rating"], published)
        return {
            movie_id: RatingTally({rating: tally.get((movie_id, float(rating)), 0) for rating in RATINGS})
            for movie_id in movie_ids
        }

    async def find_many(self, ids: Sequence[str]) -> dict[str, ReviewRecord]:
        found = await self._reviews.get_many(ids)
        return {id_: _review(document) for id_, document in found.items()}

    async def find(self, unit: UnitOfWork, review_id: str) -> ReviewRecord | None:
        document = await self._reviews.get(review_id, within=unit)
        return None if document is None else _review(document)

    async def of_author(self, user_id: str, movie_ids: Sequence[str]) -> dict[str, ReviewRecord]:
        """What one person wrote on these films (at most a page of them), by film."""
        filters: list[Filter] = [Equal("user_id", user_id), OneOf("movie_id", movie_ids[:MAX_PAGE_SIZE])]
        found = await self._reviews.find(filters, page=PageRequest(first=MAX_PAGE_SIZE))
        return {str(document.body["movie_id"]): _review(document) for document in found.rows}

    async def insert(self, unit: UnitOfWork, review: ReviewRecord) -> None:
        """Add a review; `DuplicateDocument` when its author wrote one on the film before."""
        await self._reviews.insert(unit, review.id, review.to_body())

    async def replace(self, unit: UnitOfWork, review: ReviewRecord) -> ReviewRecord:
        """Write a changed review over its `version`; `VersionConflict` when it has moved on."""
        document = await self._reviews.replace(
            unit, review.id, review.to_body(), expected_version=review.version
        )
        return _review(document)

    async def vote(self, unit: UnitOfWork, review_id: str, user_id: str) -> ReviewVote | None:
        document = await self._votes.get(_vote_id(review_id, user_id), within=unit)
        return None if document is None else ReviewVote(document.body["vote"])

    async def votes(self, review_ids: Sequence[str], user_id: str) -> dict[str, ReviewVote]:
        """One reader's votes on these reviews."""
        found = await self._votes.get_many([_vote_id(review_id, user_id) for review_id in review_ids])
        return {id_.partition(":")[0]: ReviewVote(each.body["vote"]) for id_, each in found.items()}

    async def set_vote(self, unit: UnitOfWork, review_id: str, user_id: str, vote: ReviewVote | None) -> None:
        """Put a reader's vote in place of the one before."""
        vote_id = _vote_id(review_id, user_id)
        await self._votes.delete(unit, vote_id)
        if vote is not None:
            await self._votes.insert(unit, vote_id, {"user_id": user_id, "vote": vote.value})

    async def attend(self, unit: UnitOfWork, user_id: str, movie_id: str) -> bool:
        """Note that somebody was at the film; False when it was known."""
        key = f"{user_id}:{movie_id}"
        if await self._attendances.get(key, within=unit) is not None:
            return False
        await self._attendances.insert(unit, key, {"user_id": user_id})
        return True

    async def attended(self, unit: UnitOfWork, user_id: str, movie_id: str) -> bool:
        return await self._attendances.get(f"{user_id}:{movie_id}", within=unit) is not None

    async def know_film(self, unit: UnitOfWork, movie_id: str) -> None:
        """Note that there is such a film."""
        if await self._films.get(movie_id, within=unit) is None:
            await self._films.insert(unit, movie_id, {})

    async def knows_film(self, unit: UnitOfWork, movie_id: str) -> bool:
        return await self._films.get(movie_id, within=unit) is not None

    async def find_own(self, unit: UnitOfWork, user_id: str, movie_id: str) -> ReviewRecord | None:
        """The review of one person on one film."""
        filters = [Equal("user_id", user_id), Equal("movie_id", movie_id)]
        found = await self._reviews.find(filters, page=PageRequest(first=1), within=unit)
        return _review(found.rows[0]) if found.rows else None

    async def forget(self, unit: UnitOfWork, user_id: str) -> None:
        """Delete all that one person wrote, and which votes were theirs (the counts stay)."""
        for repository in (self._reviews, self._votes, self._attendances):
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


def _review(document: StoredDocument) -> ReviewRecord:
    return ReviewRecord.of(document.id, document.version, document.body)


def _page(page: Page[StoredDocument]) -> Page[ReviewRecord]:
    rows = [_review(document) for document in page.rows]
    return Page(rows, page.cursors, page.has_next, page.has_previous)
