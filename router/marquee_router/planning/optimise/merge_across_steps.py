"""An entity fetch joins a later one from the same subgraph if that delays nothing.

If B is needed in step 1 for `a` and in step 2 for `b`, and nothing needs what is read for `a`, then both are
read in step 2.

Safe: only when neither needs the other, directly or not, and when afterwards the whole plan has no more
serial steps than before. A group is delayed only within the time that others take anyway.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.optimise.merge_groups import merge_groups
from marquee_router.planning.optimise.serial_steps import followers_of, needs_of, serial_steps

_MAX_PAIRS = 200


def merge_across_steps(groups: list[FetchGroup]) -> bool:
    """Merge the first pair that allows it; True if there was one."""
    step_of = serial_steps(needs_of(groups))
    length = max(step_of.values(), default=0)
    steps_after = serial_steps(followers_of(groups))
    by_subgraph: dict[tuple[object, ...], list[FetchGroup]] = {}
    for group in groups:
        if group.is_entity_fetch:
            by_subgraph.setdefault((group.subgraph, group.deferral), []).append(group)
    pairs = 0
    for same in by_subgraph.values():
        same.sort(key=lambda group: step_of[group])
        for index, early in enumerate(same):
            for late in same[index + 1 :]:
                pairs += 1
                if pairs > _MAX_PAIRS:
                    return False
                # The later one stays in its step, and what needs the earlier one then runs after that step.
                if step_of[late] + steps_after[early] <= length and not _needs(late, early):
                    merge_groups(groups, {early: late})
                    return True
    return False


def _needs(group: FetchGroup, other: FetchGroup) -> bool:
    """True if the group needs the other one, directly or not."""
    seen: set[FetchGroup] = set()
    stack = [group]
    while stack:
        current = stack.pop()
        if current is other:
            return True
        for need in current.needs:
            if need not in seen:
                seen.add(need)
                stack.append(need)
    return False
