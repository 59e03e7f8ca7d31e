"""Entity lists that send the same for different types of the same objects become one list.

`items|[Book]` with `... on Book { pages }` and `items|[Film]` with `... on Film { minutes }`, both sent by
`id`, become `items|[Book,Film]` with both fragments.

Safe: they differ only in the type condition that ends their paths and in fragments on those same types. So an
object of either type finds its own fragment, and none of the other's.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import EntityList, FetchGroup
from marquee_router.planning.plan import Path, TypeCondition


def merge_type_conditions(groups: list[FetchGroup]) -> bool:
    """Merge such lists; True if there were any."""
    changed = False
    for group in groups:
        known: dict[object, EntityList] = {}
        kept: list[EntityList] = []
        for entities in group.entity_lists:
            key = _key(entities)
            first = known.get(key) if key is not None else None
            if first is None:
                known[key] = entities
                kept.append(entities)
            else:
                _merge(first, entities)
                changed = True
        group.entity_lists = kept
    return changed


def _key(entities: EntityList) -> object | None:
    """Equal for lists that can be merged; None for a list that cannot be merged with any."""
    if len(entities.paths) != 1:
        return None
    (path,) = entities.paths
    if not path or not isinstance(path[-1], TypeCondition):
        return None
    key = (path[:-1], entities.representation, entities.conditions, entities.context_variables)
    fragment_types = {fragment.type_name for fragment in entities.fragments}
    if fragment_types <= path[-1].possible and not entities.typenames:
        return key
    # Sent or selected under an interface's name: every type finds the same fragment, which must be equal.
    return (*key, entities.fragments)


def _merge(kept: EntityList, gone: EntityList) -> None:
    first, other = kept.paths[0][-1], gone.paths[0][-1]
    if isinstance(first, TypeCondition) and isinstance(other, TypeCondition):
        path: Path = (*kept.paths[0][:-1], TypeCondition(first.possible | other.possible))
        kept.paths = [path]
        kept.fragments = tuple(sorted({*kept.fragments, *gone.fragments}, key=lambda each: each.text))
        kept.typenames = {**kept.typenames, **gone.typenames}
