"""Finds the objects at a plan's path in the collected data; paths are compiled to steps over whole levels at
once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from router.planning.plan import Each, Path, TypeCondition

Level: TypeAlias = list[Any]
Step: TypeAlias = Callable[[Level], Level]
Collector: TypeAlias = Callable[[dict[str, Any]], Level]
SourcePath: TypeAlias = tuple[str | int, ...]


@lru_cache(maxsize=4_000)
def compile_path(path: Path) -> Collector:
    """A function that returns all that `path` reaches: objects, and also nulls and oddities. Kept: plans
    share paths."""
    steps: list[Step] = []
    rest = list(path)
    while rest:
        element = rest.pop(0)
        if isinstance(element, str):
            if rest and rest[0] is Each.ITEM:
                rest.pop(0)
                steps.append(_items_of(element))
            else:
                steps.append(_value_of(element))
        elif isinstance(element, TypeCondition):
            steps.append(_of_types(element.possible))
        else:
            steps.append(_flattened)

    def collect(root: dict[str, Any]) -> Level:
        level: Level = [root]
        for step in steps:
            level = step(level)
            if not level:
                return level
        return level

    return collect


def _items_of(key: str) -> Step:
    def step(level: Level) -> Level:
        found: Level = []
        for value in level:
            if value.__class__ is dict:
                items = value.get(key)
                if items.__class__ is list:
                    found += items
        return found

    return step


def _value_of(key: str) -> Step:
    return lambda level: [value.get(key) for value in level if value.__class__ is dict]


def _of_types(possible: frozenset[str]) -> Step:
    return lambda level: [
        value for value in level if value.__class__ is dict and value.get("__typename") in possible
    ]


def _flattened(level: Level) -> Level:
    found: Level = []
    for value in level:
        if value.__class__ is list:
            found += value
    return found


def locate(root: dict[str, Any], paths: tuple[Path, ...], wanted: set[int]) -> dict[int, list[SourcePath]]:
    """Where the objects with these identities stand: identity → source paths. Only for reporting errors."""
    places: dict[int, list[SourcePath]] = {}
    for path in paths:
        for value, place in _walk(root, path, ()):
            if id(value) in wanted and place not in places.setdefault(id(value), []):
                places[id(value)].append(place)
    return places


def _walk(value: Any, path: Path, place: SourcePath) -> Iterator[tuple[Any, SourcePath]]:
    if not path:
        yield value, place
        return
    element, rest = path[0], path[1:]
    if isinstance(element, str):
        if isinstance(value, dict):
            yield from _walk(value.get(element), rest, (*place, element))
    elif isinstance(element, TypeCondition):
        if isinstance(value, dict) and value.get("__typename") in element.possible:
            yield from _walk(value, rest, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, rest, (*place, index))
