"""What reviews refuses beyond the shared refusals. The annotated fields are those that clients see.

Refusal
└── ReviewExists   the viewer has reviewed this film before; carries that review
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Refusal
from marquee_subgraphs.reviews.domain import ReviewRecord


class ReviewExists(Refusal):
    """One has reviewed this film already."""

    code = "REVIEW_EXISTS"
    review: ReviewRecord

    def __init__(self, review: ReviewRecord) -> None:
        super().__init__("You have reviewed this film already; change that review.", ["input", "movieId"])
        self.review = review
