"""Fifth stage: fewer fetch groups for the same data. Owns the order of the passes and their repetition.

Each pass is a function that changes the list of fetch groups in place and returns True if it changed any. Its
module says why it is safe. No pass may add a serial step.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.optimise.merge_across_steps import merge_across_steps
from marquee_router.planning.optimise.merge_equal_lists import merge_equal_lists
from marquee_router.planning.optimise.merge_siblings import merge_siblings
from marquee_router.planning.optimise.merge_type_conditions import merge_type_conditions

_PASSES = (merge_siblings, merge_across_steps, merge_equal_lists, merge_type_conditions)


def optimise(groups: list[FetchGroup]) -> list[FetchGroup]:
    """Run all passes until none changes anything; returns the same list."""
    changed = True
    while changed:
        changed = False
        for improve in _PASSES:
            changed = improve(groups) or changed
    return groups
