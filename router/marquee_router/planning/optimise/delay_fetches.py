"""An entity fetch joins a later one of the same subgraph where nobody notices.

Safe: only when neither waits for the other, directly or not, and when afterwards the whole takes no more
serial steps than before: a fetch is delayed only within the time that others take anyway.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import FetchGroup, needs_of, steps
from marquee_router.planning.optimise.merging import merge

_MAX_PAIRS = 200


def delay_fetches(fetches: list[FetchGroup]) -> bool:
    """Merge the first pair that allows it; tells whether there was one."""
    step_of = steps(needs_of(fetches))
    length = max(step_of.values(), default=0)
    after = steps(_followers(fetches))
    by_subgraph: dict[tuple[object, ...], list[FetchGroup]] = {}
    for fetch in fetches:
        if fetch.is_entity_fetch:
            by_subgraph.setdefault((fetch.subgraph, fetch.delay), []).append(fetch)
    pairs = 0
    for same in by_subgraph.values():
        same.sort(key=lambda fetch: step_of[fetch])
        for index, early in enumerate(same):
            for late in same[index + 1 :]:
                pairs += 1
                if pairs > _MAX_PAIRS:
                    return False
                # The later one stays where it is, and whoever waits for the earlier one comes after it.
                if step_of[late] + after[early] <= length and not _waits_for(late, early):
                    merge(fetches, {early: late})
                    return True
    return False


def _followers(fetches: list[FetchGroup]) -> dict[FetchGroup, set[FetchGroup]]:
    """Who waits for each fetch."""
    found: dict[FetchGroup, set[FetchGroup]] = {fetch: set() for fetch in fetches}
    for fetch in fetches:
        for need in fetch.needs:
            found[need].add(fetch)
    return found


def _waits_for(fetch: FetchGroup, other: FetchGroup) -> bool:
    seen: set[FetchGroup] = set()
    stack = [fetch]
    while stack:
        current = stack.pop()
        if current is other:
            return True
        for need in current.needs:
            if need not in seen:
                seen.add(need)
                stack.append(need)
    return False
