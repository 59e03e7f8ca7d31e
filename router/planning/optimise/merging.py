"""Making one fetch of two; owns what happens to their targets, variables and to whoever waits for them."""

from __future__ import annotations

from router.planning.conditions import ALWAYS, widened
from router.planning.fetch import Fetch


def merge_into(kept: Fetch, gone: Fetch, fetches: list[Fetch]) -> None:
    """Let `kept` do the work of `gone` as well, and take `gone` out. The two must not wait for each other."""
    kept.targets.extend(gone.targets)
    kept.variables |= gone.variables
    kept.conditions = widened(kept.conditions, gone.conditions) or ALWAYS
    kept.needs |= gone.needs
    for fetch in fetches:
        if gone in fetch.needs:
            fetch.needs.discard(gone)
            fetch.needs.add(kept)
    fetches.remove(gone)
