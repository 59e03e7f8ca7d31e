"""Entity lists of one fetch group that send and select the same become one list with several paths.

`{ a { owner { name } } b { owner { name } } }` sends the owners of both in one list, each once.

Safe: an entity is completed with the same selection under the same conditions wherever it stands.
"""

from __future__ import annotations

from marquee_router.planning.fetch_groups.fetch_group import EntityList, FetchGroup


def merge_equal_lists(groups: list[FetchGroup]) -> bool:
    """Merge equal lists; True if there were any."""
    changed = False
    for group in groups:
        known: dict[object, EntityList] = {}
        kept: list[EntityList] = []
        for entities in group.entity_lists:
            key = (
                entities.representation,
                tuple(entities.typenames.items()),
                entities.fragments,
                entities.conditions,
                entities.context_variables,
            )
            first = known.get(key)
            if first is None:
                known[key] = entities
                kept.append(entities)
            else:
                first.paths = list(dict.fromkeys((*first.paths, *entities.paths)))
                changed = True
        group.entity_lists = kept
    return changed
