"""Making one fetch of several; owns what happens to their targets, variables and who waits for them."""

from __future__ import annotations

from collections.abc import Mapping

from marquee_router.planning.conditions import ALWAYS, widened
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup


def merge(fetches: list[FetchGroup], into: Mapping[FetchGroup, FetchGroup]) -> None:
    """Let each fetch of `into` be done by the one that it is mapped to, and take it out.

    Those that become one must not wait for each other; none that is taken out may take over another.
    """
    for gone, kept in into.items():
        kept.targets.extend(gone.targets)
        kept.variables |= gone.variables
        kept.conditions = widened(kept.conditions, gone.conditions) or ALWAYS
        kept.needs |= gone.needs
    fetches[:] = [fetch for fetch in fetches if fetch not in into]
    for fetch in fetches:
        fetch.needs = {into.get(need, need) for need in fetch.needs}
