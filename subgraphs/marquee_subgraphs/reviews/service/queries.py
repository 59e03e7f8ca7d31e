"""What is read of reviews: of many films, people and reviews at once, in a constant number of requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.pagination import Page
from marquee_subgraphs.reviews.domain import (
    MODERATE,
    RatingTally,
    ReviewQuery,
    ReviewRecord,
    ReviewSort,
    ReviewStatus,
    ReviewVote,
)
from marquee_subgraphs.reviews.store import ReviewStore


@dataclass(frozen=True, slots=True)
class FirstPage:
    """Names the first page of one film's or one author's reviews; the key of its batch load.

    `query` names either a film or an author.
    """

    query: ReviewQuery
    sort: ReviewSort
    first: int

    @property
    def parent(self) -> tuple[str, str]:
        """The field that names the parent, `movie_id` or `user_id`, and the parent's id."""
        if self.query.movie_id is not None:
            return "movie_id", self.query.movie_id
        assert self.query.user_id is not None, "a first page is of a film or of an author"
        return "user_id", self.query.user_id


class ReviewQueries:
    """Reads for resolvers. Batch loads leave out what does not exist."""

    def __init__(self, store: ReviewStore) -> None:
        self._store = store

    async def reviews_by_id(self, ids: Sequence[str]) -> Mapping[str, ReviewRecord]:
        """Batch load of reviews, hidden ones included: the caller asks `is_visible_to`."""
        return await self._store.find_many(ids)

    async def tallies(self, movie_ids: Sequence[str]) -> Mapping[str, RatingTally]:
        """Batch load of the published ratings of each film."""
        return await self._store.tallies(movie_ids)

    async def own_reviews(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], ReviewRecord]:
        """Batch load of reviews by author and film."""
        found: dict[tuple[str, str], ReviewRecord] = {}
        for user_id, movie_ids in _by_first(keys).items():
            reviews = await self._store.of_author(user_id, movie_ids)
            found |= {(user_id, movie_id): review for movie_id, review in reviews.items()}
        return found

    async def votes(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], ReviewVote]:
        """Batch load of votes by reader and review."""
        found: dict[tuple[str, str], ReviewVote] = {}
        for user_id, review_ids in _by_first(keys).items():
            votes = await self._store.votes_of(user_id, review_ids)
            found |= {(user_id, review_id): vote for review_id, vote in votes.items()}
        return found

    async def first_pages(self, keys: Sequence[FirstPage]) -> Mapping[FirstPage, Page[ReviewRecord]]:
        """Batch load of nested first pages: one request for all parents with the same query."""
        groups: dict[tuple[str, ReviewQuery, ReviewSort, int], list[FirstPage]] = {}
        for key in keys:
            # Keys that differ only in the id of the film, or of the author, are loaded together.
            field, _ = key.parent
            query = replace(key.query, movie_id=None, user_id=None)
            groups.setdefault((field, query, key.sort, key.first), []).append(key)
        pages: dict[FirstPage, Page[ReviewRecord]] = {}
        for (field, query, sort, first), group in groups.items():
            ids = [key.parent[1] for key in group]
            found = await self._store.first_pages(field, ids, query, sort, first)
            pages |= {key: found[key.parent[1]] for key in group}
        return pages

    async def page(
        self, query: ReviewQuery, sort: ReviewSort, *, first: int, after: str | None
    ) -> Page[ReviewRecord]:
        """Return the reviews that match, in order. Raises `InvalidInput`."""
        return await self._store.page(query, sort, self._store.page_request(first, after, sort))

    async def count(self, query: ReviewQuery) -> int:
        """Return the number of reviews that match."""
        return await self._store.count(query)

    def require_reader(self, viewer: Viewer, query: ReviewQuery) -> None:
        """Raise `NotAllowed` when the query finds hidden reviews and the viewer does not moderate."""
        if query.status is not ReviewStatus.PUBLISHED:
            viewer.require_scope(MODERATE)


def _by_first(keys: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for first, second in keys:
        groups.setdefault(first, []).append(second)
    return groups
