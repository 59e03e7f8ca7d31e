"""What analytics refuses beyond the shared refusals: nothing. Faults of its own:

NotYetKnown   an event speaks of a cinema not heard of yet; the broker tries again
"""

from __future__ import annotations


class NotYetKnown(Exception):
    """An event came before the one that tells where it belongs; the broker tries again."""
