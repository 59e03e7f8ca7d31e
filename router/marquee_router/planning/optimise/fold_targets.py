"""Targets of one fetch that send the same for different types of the same objects become one target.

Safe: they differ in the type condition that ends their paths and in fragments on those same types, so an
object of either type finds its own fragment, and none of another's.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import EntityList, FetchGroup
from marquee_router.planning.plan import Path, TypeCondition


def fold_targets(fetches: list[FetchGroup]) -> bool:
    """Join targets type by type."""
    changed = False
    for fetch in fetches:
        known: dict[object, EntityList] = {}
        kept: list[EntityList] = []
        for target in fetch.targets:
            key = _key(target)
            first = known.get(key) if key is not None else None
            if first is None:
                known[key] = target
                kept.append(target)
            else:
                _fold(first, target)
                changed = True
        fetch.targets = kept
    return changed


def _key(target: EntityList) -> object | None:
    if len(target.paths) != 1:
        return None
    (path,) = target.paths
    if not path or not isinstance(path[-1], TypeCondition):
        return None
    own = path[-1].possible
    named = {fragment.removeprefix("...on ").split("{", 1)[0] for fragment in target.fragments}
    if named <= own and not target.typenames:
        return (path[:-1], target.representation, target.conditions, target.contextual)
    return (path[:-1], target.representation, target.conditions, target.contextual, target.fragments)


def _fold(kept: EntityList, gone: EntityList) -> None:
    first, other = kept.paths[0][-1], gone.paths[0][-1]
    if isinstance(first, TypeCondition) and isinstance(other, TypeCondition):
        path: Path = (*kept.paths[0][:-1], TypeCondition(first.possible | other.possible))
        kept.paths = [path]
        kept.fragments = tuple(sorted({*kept.fragments, *gone.fragments}))
        kept.typenames = {**kept.typenames, **gone.typenames}
