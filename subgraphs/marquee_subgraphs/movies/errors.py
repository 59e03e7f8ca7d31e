"""What movies refuses beyond the shared refusals.

Refusal
└── MovieChanged   somebody changed the film since it was read
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Refusal


class MovieChanged(Refusal):
    """The film is not at the version that the caller read; `current_version` is where it is."""

    code = "MOVIE_CHANGED"

    def __init__(self, current_version: int) -> None:
        super().__init__(
            "The film was changed since you read it. Read it again.", ["input", "expectedVersion"]
        )
        self.current_version = current_version
