"""Targets of one fetch that send and select the same become one target with several paths.

Safe: an object is completed with the same selection under the same conditions wherever it stands; equal
representations are then sent once.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import EntityList, FetchGroup


def share_paths(fetches: list[FetchGroup]) -> bool:
    """Join equal targets."""
    changed = False
    for fetch in fetches:
        known: dict[object, EntityList] = {}
        kept: list[EntityList] = []
        for target in fetch.targets:
            key = (
                target.representation,
                tuple(target.typenames.items()),
                target.fragments,
                target.conditions,
                target.contextual,
            )
            first = known.get(key)
            if first is None:
                known[key] = target
                kept.append(target)
            else:
                first.paths = list(dict.fromkeys((*first.paths, *target.paths)))
                changed = True
        fetch.targets = kept
    return changed
