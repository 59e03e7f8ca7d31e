"""Entity fetches from one subgraph in one serial step become one operation.

`{ users { reviews } movies { reviews } }` asks the reviews subgraph once, with two `_entities` fields.

Safe: groups of one step do not need each other, and all that they need is in earlier steps, so the merged
group runs in that same step. Each keeps its own list of representations.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.optimise.merge_groups import merge_groups
from marquee_router.planning.optimise.serial_steps import needs_of, serial_steps


def merge_siblings(groups: list[FetchGroup]) -> bool:
    """Merge all siblings; True if there were any."""
    step_of = serial_steps(needs_of(groups))
    first: dict[tuple[object, ...], FetchGroup] = {}
    into: dict[FetchGroup, FetchGroup] = {}
    for group in groups:
        if not group.is_entity_fetch:
            continue
        place = (group.subgraph, step_of[group], group.deferral)
        kept = first.setdefault(place, group)
        if kept is not group:
            into[group] = kept
    merge_groups(groups, into)
    return bool(into)
