"""What reviews refuses beyond the shared refusals.

Refusal
└── ReviewExists   one has reviewed this film already; carries the review
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Refusal
from marquee_subgraphs.reviews.domain import ReviewRecord


class ReviewExists(Refusal):
    """One review per film and person."""

    code = "REVIEW_EXISTS"

    def __init__(self, review: ReviewRecord) -> None:
        super().__init__("You have reviewed this film already; change that review.", ["input", "movieId"])
        self.review = review
