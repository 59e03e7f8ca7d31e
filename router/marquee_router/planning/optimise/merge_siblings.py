"""Entity fetches of one subgraph in one serial step become one operation.

Safe: fetches of one step do not wait for each other, and all that they need is in earlier steps, so the
merged fetch runs in that same step. Each keeps its own list of representations.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import FetchGroup, needs_of, steps
from marquee_router.planning.optimise.merging import merge


def merge_siblings(fetches: list[FetchGroup]) -> bool:
    """Merge all siblings."""
    step_of = steps(needs_of(fetches))
    first: dict[tuple[object, ...], FetchGroup] = {}
    into: dict[FetchGroup, FetchGroup] = {}
    for fetch in fetches:
        if not fetch.is_entity_fetch:
            continue
        place = (fetch.subgraph, step_of[fetch], fetch.delay)
        kept = first.setdefault(place, fetch)
        if kept is not fetch:
            into[fetch] = kept
    merge(fetches, into)
    return bool(into)
