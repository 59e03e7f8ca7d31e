"""One fetch group made of several: what becomes of their entities, variables and needs."""

from __future__ import annotations

from collections.abc import Mapping

from marquee_router.planning.conditions import ALWAYS, widened
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup


def merge_groups(groups: list[FetchGroup], into: Mapping[FetchGroup, FetchGroup]) -> None:
    """Move the content of each group in `into` to the group it is mapped to, and remove it from the list.

    Groups that become one must not need each other, and no group may be both a key and a value of `into`.
    """
    for gone, kept in into.items():
        kept.entity_lists.extend(gone.entity_lists)
        kept.variables |= gone.variables
        kept.conditions = widened(kept.conditions, gone.conditions) or ALWAYS
        kept.needs |= gone.needs
    groups[:] = [group for group in groups if group not in into]
    for group in groups:
        group.needs = {into.get(need, need) for need in group.needs}
