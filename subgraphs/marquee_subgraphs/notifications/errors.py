"""What notifications refuses beyond the shared refusals.

Refusal
└── Conflict
    └── UnreachablePerson   there is no address to send to
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Conflict


class UnreachablePerson(Conflict):
    """Nobody of this id is known here, or not by this channel."""

    code = "PERSON_UNREACHABLE"
