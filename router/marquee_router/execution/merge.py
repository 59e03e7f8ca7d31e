"""Merges what subgraphs sent into the collected data, in place. Knows plain JSON values only."""

from __future__ import annotations

from typing import Any


def merge_objects(
    into: dict[str, Any], new: dict[str, Any], interfaces: frozenset[str] = frozenset()
) -> None:
    """Merge deeply: objects by key, lists of objects by index; for anything else the later value wins.

    Two exceptions. A later null does not replace an object or a list: that subgraph only failed to add to it.
    And the name of one of the `interfaces` does not replace a `__typename`: a subgraph that has the type as
    `@interfaceObject` answers `__typename: "Media"`, where another may have answered `"Film"` before.
    """
    for key, value in new.items():
        if key in into:
            old = into[key]
            if old.__class__ is dict and value.__class__ is dict:
                merge_objects(old, value, interfaces)
                continue
            if old.__class__ is list and value.__class__ is list and not _has_leaves(value):
                merge_lists(old, value, interfaces)
                continue
            if value is None and old.__class__ in (dict, list):
                continue
            # The class first: a subgraph may answer `__typename` with a list, which cannot be looked up.
            if key == "__typename" and value.__class__ is str and value in interfaces:
                continue
        into[key] = value


def _has_leaves(items: list[Any]) -> bool:
    """True for a list of scalars, which is replaced as a whole; the first item that is not null decides."""
    for item in items:
        if item is not None:
            return item.__class__ is not dict and item.__class__ is not list
    return False


def merge_lists(into: list[Any], new: list[Any], interfaces: frozenset[str] = frozenset()) -> None:
    """Merge items at equal indexes; the first list keeps its length.

    Two subgraphs that resolve the same list must agree on its order, as `@shareable` demands. Further items
    of the second one belong to no object here.
    """
    for index, (old, value) in enumerate(zip(into, new, strict=False)):
        if old.__class__ is dict and value.__class__ is dict:
            merge_objects(old, value, interfaces)
        elif old.__class__ is list and value.__class__ is list:
            merge_lists(old, value, interfaces)
        elif value is not None:
            into[index] = value


def copy_json(value: Any) -> Any:
    """Return a copy that shares no object or list with the original."""
    if value.__class__ is dict:
        return {key: copy_json(item) for key, item in value.items()}
    if value.__class__ is list:
        return [copy_json(item) for item in value]
    return value
