"""What movies refuses beyond the shared refusals. The annotated fields are those that clients see.

Refusal
└── MovieChanged   somebody changed the film since it was read
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Refusal


class MovieChanged(Refusal):
    """Somebody changed the film since it was read."""

    code = "MOVIE_CHANGED"
    current_version: int

    def __init__(self, current_version: int) -> None:
        super().__init__(
            "The film was changed since you read it. Read it again.", ["input", "expectedVersion"]
        )
        self.current_version = current_version
