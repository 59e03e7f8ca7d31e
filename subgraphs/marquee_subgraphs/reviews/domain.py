"""Pure rules of reviews: their limits, who sees one, how votes count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.identity import Viewer

RATINGS: Final = range(1, 6)
LONGEST_TITLE: Final = 120
LONGEST_BODY: Final = 4_000
MODERATE: Final = "reviews:moderate"


class ReviewStatus(StrEnum):
    """Whether others see a review."""

    PUBLISHED = "PUBLISHED"
    HIDDEN = "HIDDEN"


class ReviewVote(StrEnum):
    """Whether a review helped a reader."""

    HELPFUL = "HELPFUL"
    NOT_HELPFUL = "NOT_HELPFUL"


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A review as stored; `version` counts its writes from 1."""

    id: str
    version: int
    movie_id: str
    user_id: str
    rating: int
    title: str
    body: str
    verified: bool
    """True if the author attended a showtime of the film."""
    status: ReviewStatus
    helpful: int
    not_helpful: int
    created_at: datetime
    updated_at: datetime

    def is_visible_to(self, viewer: Viewer) -> bool:
        """True if the viewer may read this review. Its author and moderators may read a hidden one too."""
        return (
            self.status is ReviewStatus.PUBLISHED
            or viewer.is_user(self.user_id)
            or viewer.has_scope(MODERATE)
        )

    def with_vote(self, before: ReviewVote | None, after: ReviewVote | None) -> ReviewRecord:
        """Return the review after a reader's vote changed; None is no vote."""
        # From HELPFUL to NOT_HELPFUL: `helpful` changes by -1 and `not_helpful` by +1.
        helpful = (after is ReviewVote.HELPFUL) - (before is ReviewVote.HELPFUL)
        not_helpful = (after is ReviewVote.NOT_HELPFUL) - (before is ReviewVote.NOT_HELPFUL)
        return replace(self, helpful=self.helpful + helpful, not_helpful=self.not_helpful + not_helpful)


class ReviewSort(StrEnum):
    """The orders in which reviews can be listed."""

    NEWEST = "NEWEST"
    MOST_HELPFUL = "MOST_HELPFUL"
    HIGHEST = "HIGHEST"
    LOWEST = "LOWEST"


@dataclass(frozen=True, slots=True)
class ReviewQuery:
    """Which reviews to list; None allows any value."""

    movie_id: str | None = None
    user_id: str | None = None
    min_rating: int | None = None
    verified_only: bool = False
    status: ReviewStatus | None = ReviewStatus.PUBLISHED


@dataclass(frozen=True, slots=True)
class RatingTally:
    """The number of published reviews of a film by rating, 1 to 5."""

    counts: Mapping[int, int]

    @property
    def count(self) -> int:
        """Number of published reviews."""
        return sum(self.counts.values())

    @property
    def average(self) -> float | None:
        """Mean rating with two decimals; None without a review."""
        if not self.count:
            return None
        return round(sum(rating * count for rating, count in self.counts.items()) / self.count, 2)
