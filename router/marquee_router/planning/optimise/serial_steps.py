"""Which serial step each fetch group runs in. Pure functions only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from marquee_router.planning.fetch_groups.fetch_group import FetchGroup


def serial_steps(needs: Mapping[FetchGroup, Collection[FetchGroup]]) -> dict[FetchGroup, int]:
    """The step of each group: 0 if it needs nothing, else one more than the latest that it needs."""
    found: dict[FetchGroup, int] = {}
    stack = list(needs)  # a stack of our own, as chains may be longer than Python's
    while stack:
        group = stack[-1]
        missing = [need for need in needs[group] if need not in found]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        found[group] = 1 + max((found[need] for need in needs[group]), default=-1)
    return found


def needs_of(groups: Iterable[FetchGroup]) -> dict[FetchGroup, set[FetchGroup]]:
    """The groups that each group needs."""
    return {group: group.needs for group in groups}


def followers_of(groups: Iterable[FetchGroup]) -> dict[FetchGroup, set[FetchGroup]]:
    """The groups that need each group."""
    listed = list(groups)
    found: dict[FetchGroup, set[FetchGroup]] = {group: set() for group in listed}
    for group in listed:
        for need in group.needs:
            found[need].add(group)
    return found
