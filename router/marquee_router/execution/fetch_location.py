"""Where in the collected data a fetch merges. Only error reports need it, so it is found only for them."""

from __future__ import annotations

from typing import Any

from graphql import FieldNode, InlineFragmentNode, OperationDefinitionNode, parse

from marquee_router.execution.path_collector import SourcePath, locate
from marquee_router.planning.plan import EntityTarget


class RootFetchLocation:
    """The location of a root fetch: the objects it fills (mostly the root itself) and its fields on them."""

    def __init__(self, places: list[SourcePath], operation: str) -> None:
        self._places = places
        self._operation = operation

    def all_paths(self) -> list[SourcePath]:
        """As `state.FetchLocation.all_paths`."""
        keys = _root_keys(self._operation)
        return [(*place, key) for place in self._places for key in keys]

    def of(self, path: list[Any]) -> list[SourcePath]:
        """As `state.FetchLocation.of`."""
        return [(*place, *path) for place in self._places]


class EntityFetchLocation:
    """The location of an entity fetch: for each target and representation the paths of its objects."""

    def __init__(self, targets: list[EntityTarget], data: dict[str, Any], objects: list[Any]) -> None:
        self._targets = {
            target.response_key: (groups, locate(data, target.paths, _identities(groups)))
            for target, groups in zip(targets, objects, strict=True)
        }

    def all_paths(self) -> list[SourcePath]:
        """As `state.FetchLocation.all_paths`."""
        return [
            place for _, located in self._targets.values() for places in located.values() for place in places
        ]

    def of(self, path: list[Any]) -> list[SourcePath]:
        """As `state.FetchLocation.of`."""
        # The path of an entity error is the response key of `_entities`, the index of the representation,
        # and the
        # path within the entity: `_entities, 0, reviews, 2, text`.
        groups, located = self._targets.get(path[0], ((), {})) if isinstance(path[0], str) else ((), {})
        if len(path) < 2 or path[1].__class__ is not int or not 0 <= path[1] < len(groups):
            return []
        group = {id(found): found for found in groups[path[1]]}
        return [(*place, *path[2:]) for found in group for place in located.get(found, ())]


def _identities(groups: list[list[Any]]) -> set[int]:
    return {id(found) for group in groups for found in group}


def _root_keys(operation: str) -> list[str]:
    """The response keys of an operation's root fields, inline fragments included."""
    keys: list[str] = []
    pending = [
        definition.selection_set
        for definition in parse(operation).definitions[:1]
        if isinstance(definition, OperationDefinitionNode)
    ]
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                keys.append((selection.alias or selection.name).value)
            elif isinstance(selection, InlineFragmentNode):
                pending.append(selection.selection_set)
    return keys
