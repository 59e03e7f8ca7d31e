"""Merges what subgraphs sent into the collected data, in place. Knows plain JSON values only."""

from __future__ import annotations

from typing import Any


def merge_objects(
    into: dict[str, Any], new: dict[str, Any], interfaces: frozenset[str] = frozenset()
) -> None:
    """Merge deeply: objects by key, lists of objects by index; otherwise the later value wins.

    A later null does not erase an object or a list: the subgraph that sent null only failed to add to it.
    Nor does the name of one of the `interfaces` replace a `__typename`: it comes from an `@interfaceObject`,
    while another subgraph may have told the type before.
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
            if key == "__typename" and value in interfaces:
                continue
        into[key] = value


def _has_leaves(items: list[Any]) -> bool:
    """Whether these are scalars: the first item that is not null tells."""
    for item in items:
        if item is not None:
            return item.__class__ is not dict and item.__class__ is not list
    return False


def merge_lists(into: list[Any], new: list[Any], interfaces: frozenset[str] = frozenset()) -> None:
    """Merge items at equal positions; the first list decides how many there are."""
    for index, (old, value) in enumerate(zip(into, new, strict=False)):
        if old.__class__ is dict and value.__class__ is dict:
            merge_objects(old, value, interfaces)
        elif old.__class__ is list and value.__class__ is list:
            merge_lists(old, value, interfaces)
        elif value is not None:
            into[index] = value


def copy_json(value: Any) -> Any:
    """A copy that shares no object or list with the original."""
    if value.__class__ is dict:
        return {key: copy_json(item) for key, item in value.items()}
    if value.__class__ is list:
        return [copy_json(item) for item in value]
    return value
