"""Analytics refuses nothing beyond the shared refusals.

Faults
└── NotYetKnown   an event came before the one that introduces its cinema
"""

from __future__ import annotations


class NotYetKnown(Exception):
    """An event is about a cinema that is not known yet; the broker delivers it again."""
