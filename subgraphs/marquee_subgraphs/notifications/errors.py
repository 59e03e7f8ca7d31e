"""What notifications refuses beyond the shared refusals.

Refusal
└── Conflict
    └── UnreachablePerson   there is no address to send to

Faults
└── NotYetKnown             an event came before the one that introduces its order or person
"""

from __future__ import annotations

from marquee_subgraphs.kit.refusals import Conflict


class UnreachablePerson(Conflict):
    """There is no person of this id, or no address for this channel."""

    code = "PERSON_UNREACHABLE"


class NotYetKnown(Exception):
    """An event is about an order or a person that is not known yet; the broker delivers it again."""
