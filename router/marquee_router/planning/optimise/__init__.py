"""Fifth stage: fewer fetches for the same data. Owns the order of the passes and their repetition.

Each pass is a function that changes the list of fetches in place, tells whether it did, and says in its
module why it is safe. None may add a serial step.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.optimise.delay_fetches import delay_fetches
from marquee_router.planning.optimise.fold_targets import fold_targets
from marquee_router.planning.optimise.merge_siblings import merge_siblings
from marquee_router.planning.optimise.share_paths import share_paths

_PASSES = (merge_siblings, delay_fetches, share_paths, fold_targets)


def optimise(fetches: list[FetchGroup]) -> list[FetchGroup]:
    """Run all passes until none changes anything."""
    changed = True
    while changed:
        changed = False
        for improve in _PASSES:
            changed = improve(fetches) or changed
    return fetches
