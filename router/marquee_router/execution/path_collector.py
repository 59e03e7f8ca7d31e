"""Finds the objects at a path of the plan in the collected data.

A path is compiled to steps, and each step maps all objects of one level to those of the next: `films, @,
reviews, @` is two steps however many films there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeAlias

from marquee_router.planning.plan import Each, Path, PathElement, TypeCondition

Level: TypeAlias = list[Any]
Step: TypeAlias = Callable[[Level], Level]
Collector: TypeAlias = Callable[[dict[str, Any]], Level]
MultiCollector: TypeAlias = Callable[[dict[str, Any]], list[Level]]
_Element: TypeAlias = tuple[PathElement, bool]
SourcePath: TypeAlias = tuple[str | int, ...]


@lru_cache(maxsize=2_000)
def compile_path(path: Path) -> Collector:
    """Return a function that finds every value at `path`: objects, but also nulls and whatever a subgraph
    sent.

    Plans share paths, so compiled ones are kept.
    """
    steps = [_step(*element) for element in _elements(path)]

    def collect(root: dict[str, Any]) -> Level:
        level: Level = [root]
        for step in steps:
            level = step(level)
            if not level:
                return level
        return level

    return collect


@lru_cache(maxsize=2_000)
def compile_targets(targets: tuple[tuple[Path, ...], ...]) -> MultiCollector:
    """Return a function that finds, for each target, every value at its paths.

    What paths have in common is walked once.
    """
    # Nearly every fetch has one target at one path: no tree of paths is needed.
    if len(targets) == 1 and len(targets[0]) == 1:
        alone = compile_path(targets[0][0])
        return lambda data: [alone(data)]
    root = _PathNode()
    for number, paths in enumerate(targets):
        for path in paths:
            node = root
            for element in _elements(path):
                if element not in node.branches:
                    node.branches[element] = (_step(*element), _PathNode())
                node = node.branches[element][1]
            node.ends.append(number)
    count = len(targets)

    def collect(data: dict[str, Any]) -> list[Level]:
        found: list[Level] = [[] for _ in range(count)]
        root.collect([data], found)
        return found

    return collect


class _PathNode:
    """A node of the tree of paths: the steps that go on from here, and the targets whose paths end here."""

    __slots__ = ("branches", "ends")

    def __init__(self) -> None:
        self.branches: dict[_Element, tuple[Step, _PathNode]] = {}
        self.ends: list[int] = []

    def collect(self, level: Level, found: list[Level]) -> None:
        for number in self.ends:
            found[number] += level
        for step, node in self.branches.values():
            further = step(level)
            if further:
                node.collect(further, found)


def _elements(path: Path) -> list[_Element]:
    """The steps of a path; a key and the list under it are one step."""
    elements: list[_Element] = []
    for position, element in enumerate(path):
        if element is not Each.ITEM:
            elements.append((element, False))
        elif position and isinstance(path[position - 1], str):
            # `films, @`: the list under `films` is entered in the step that reads it.
            elements[-1] = (path[position - 1], True)
        else:
            elements.append((element, False))
    return elements


def _step(element: PathElement, into_list: bool) -> Step:
    if isinstance(element, str):
        return _items_of(element) if into_list else _value_of(element)
    if isinstance(element, TypeCondition):
        return _of_types(element.possible)
    return _flattened


def _items_of(key: str) -> Step:
    # `__class__ is`, not isinstance: decoded JSON has no subclasses, and this is the loop of large lists.
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
    def step(level: Level) -> Level:
        try:
            return [
                value for value in level if value.__class__ is dict and value.get("__typename") in possible
            ]
        except TypeError:  # a subgraph has answered `__typename` with a list or an object
            return [value for value in level if has_type(value, possible)]

    return step


def has_type(value: Any, possible: frozenset[str]) -> bool:
    """Return True if `value` is an object whose `__typename` is one of `possible`."""
    name = value.get("__typename") if value.__class__ is dict else None
    return name.__class__ is str and name in possible


def _flattened(level: Level) -> Level:
    found: Level = []
    for value in level:
        if value.__class__ is list:
            found += value
    return found


def locate(root: dict[str, Any], paths: tuple[Path, ...], wanted: set[int]) -> dict[int, list[SourcePath]]:
    """Return the source paths of the objects with these identities. Only error reports need it."""
    places: dict[int, list[SourcePath]] = {}
    for path in paths:
        # By identity: equal objects at different places are different objects.
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
        if has_type(value, element.possible):
            yield from _walk(value, rest, place)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _walk(item, rest, (*place, index))
