"""What loyalty refuses beyond the shared refusals. The annotated fields are those that clients see.

Refusal
├── NotEnoughPoints      the reward costs more than there is; carries what is missing
├── RewardUnavailable    sold out, or no longer given
└── NotAMember           (a Conflict) the viewer has not joined
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Conflict, Refusal


class NotEnoughPoints(Refusal):
    """The reward costs more points than the member has."""

    code = "NOT_ENOUGH_POINTS"
    missing: int

    def __init__(self, missing: int) -> None:
        super().__init__(f"You need {missing} more points.", ["input", "rewardId"])
        self.missing = missing


class RewardUnavailable(Refusal):
    """The reward is sold out, or no longer given."""

    code = "REWARD_UNAVAILABLE"

    def __init__(self, message: str = "This reward is not available.") -> None:
        super().__init__(message, ["input", "rewardId"])


class NotAMember(Conflict):
    """The viewer is not a member."""

    code = "NOT_A_MEMBER"

    def __init__(self) -> None:
        super().__init__("Join the loyalty programme first.")
