"""Pure rules of reviews: what one may say, who sees it, how votes count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from marquee_subgraphs.kit.identity import Viewer

RATINGS: Final = range(1, 6)
LONGEST_TITLE: Final = 120
LONGEST_BODY: Final = 4_000
MODERATE: Final = "reviews:moderate"


class ReviewStatus(StrEnum):
    """Whether others see it."""

    PUBLISHED = "PUBLISHED"
    HIDDEN = "HIDDEN"


class ReviewVote(StrEnum):
    """What a reader thinks of a review."""

    HELPFUL = "HELPFUL"
    NOT_HELPFUL = "NOT_HELPFUL"


@dataclass(frozen=True, slots=True)
class ReviewRecord:
    """A review as stored; `version` counts its changes."""

    id: str
    version: int
    movie_id: str
    user_id: str
    rating: int
    title: str
    body: str
    verified: bool
    """The author was at a showtime of the film."""
    status: ReviewStatus
    helpful: int
    not_helpful: int
    created_at: datetime
    updated_at: datetime

    def is_visible_to(self, viewer: Viewer) -> bool:
        """A hidden review is seen by its author and by moderators."""
        return (
            self.status is ReviewStatus.PUBLISHED
            or viewer.is_user(self.user_id)
            or viewer.has_scope(MODERATE)
        )

    def with_vote(self, before: ReviewVote | None, after: ReviewVote | None) -> ReviewRecord:
        """The review once a reader's vote has changed."""
        helpful = (after is ReviewVote.HELPFUL) - (before is ReviewVote.HELPFUL)
        not_helpful = (after is ReviewVote.NOT_HELPFUL) - (before is ReviewVote.NOT_HELPFUL)
        return replace(self, helpful=self.helpful + helpful, not_helpful=self.not_helpful + not_helpful)

    def to_body(self) -> dict[str, Any]:
        """The document's body."""
        return {
            "movie_id": self.movie_id,
            "user_id": self.user_id,
            "rating": self.rating,
            "title": self.title,
            "body": self.body,
            "verified": self.verified,
            "status": self.status.value,
            "helpful": self.helpful,
            "not_helpful": self.not_helpful,
            "created_at": self.created_at.isoformat(timespec="microseconds"),
            "updated_at": self.updated_at.isoformat(timespec="microseconds"),
        }

    @classmethod
    def of(cls, id_: str, version: int, body: Mapping[str, Any]) -> Self:
        """Read a document's body."""
        return cls(
            id=id_,
            version=version,
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


@dataclass(frozen=True, slots=True)
class RatingTally:
    """How many published reviews gave a film each rating."""

    counts: Mapping[int, int]

    @property
    def count(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    @property
    def average(self) -> float | None:
        """The mean, to two decimals; None without any."""
        if not self.count:
            return None
        return round(sum(rating * count for rating, count in self.counts.items()) / self.count, 2)
