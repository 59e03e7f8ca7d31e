"""Entity fetches whose fields take the value of a context (`@fromContext`).

An argument has one value per field of an operation, so objects with different values need a field each:

    query($a:[_Any!]!, $currency:String, $a_of_1:[_Any!]!, $currency_1:String) {
      _entities(representations: $a) { ... on Film { price(currency: $currency) } }
      _1: _entities(representations: $a_of_1) { ... on Film { price(currency: $currency_1) } }
    }

Owns finding the values, and the text of the operation for as many as there are. `entity_fetch` sends it and
merges its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import orjson

from marquee_foundation.lru import LeastRecentlyUsed
from marquee_router.execution.conditions import compile_conditions
from marquee_router.execution.entity_fetch import CompiledEntityFetch, MergeRules
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.path_collector import compile_path, has_type
from marquee_router.execution.representations import RepresentationBatch, compile_representation
from marquee_router.execution.root_fetch import too_deep
from marquee_router.execution.state import Execution, Failure
from marquee_router.planning.fetch_groups.context_variables import rename, variables_in
from marquee_router.planning.plan import (
    ContextSource,
    ContextualVariable,
    EntityFetch,
    EntityTarget,
    Path,
    RepresentationField,
    RepresentationSelection,
)

_MISSING = object()
_MAX_SHAPES = 32
_MAX_GROUPS = 32
"""Operations with more fields than this are not kept: they are rarely needed again."""
_Values: TypeAlias = dict[int, Any]
"""The value of a context, by the identity of the object whose field takes it."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Objects whose fields take the same values."""

    values: tuple[bytes, ...]
    """The values of the target's variables as JSON, in their order."""
    batch: RepresentationBatch


class CompiledContextualFetch:
    """An entity fetch whose operation has a field for each different value of its contexts."""

    def __init__(
        self,
        node: EntityFetch,
        exchange: Exchange,
        rules: MergeRules,
    ) -> None:
        self._node = node
        self._rules = rules
        self._targets = [_Target(target) for target in node.targets]
        self._by_shape: LeastRecentlyUsed[tuple[int, ...], CompiledEntityFetch] = LeastRecentlyUsed(
            _MAX_SHAPES
        )
        self._exchange = exchange

    async def run(self, execution: Execution) -> None:
        """Fetch, and merge into the data of `execution`; nothing is sent if no object needs it."""
        found = [target.objects(execution) for target in self._targets]
        try:
            groups = [
                target.grouped(objects, execution.data)
                for target, objects in zip(self._targets, found, strict=True)
            ]
        except (TypeError, RecursionError):  # a value nests more levels than the encoder writes
            places = [[[each] for each in objects] for objects in found]
            execution.failures.append(Failure(self._compile(self._node), places, too_deep()))
            return
        if not any(groups):
            return
        shape = tuple(len(each) for each in groups)
        fetch = self._by_shape.get(shape)
        if fetch is None:
            fetch = self._compile(_with_fields(self._node, shape))
            if sum(shape) <= _MAX_GROUPS:
                self._by_shape.put(shape, fetch)
        values = [
            orjson.dumps(_numbered(variable.name, number)) + b":" + value
            for target, same in zip(self._node.targets, groups, strict=True)
            for number, group in enumerate(same)
            for variable, value in zip(target.contextual, group.values, strict=True)
        ]
        batches = [group.batch for same in groups for group in same]
        await fetch.complete(execution, batches, b",".join(values))

    def _compile(self, node: EntityFetch) -> CompiledEntityFetch:
        return CompiledEntityFetch(node, self._exchange, self._rules)


class _Target:
    """One `_entities` field of the plan; the operation has one of it for each group."""

    def __init__(self, node: EntityTarget) -> None:
        self._conditions = compile_conditions(node.conditions)
        self._build = compile_representation(node.representation, node.typenames)
        self._collectors = [compile_path(path) for path in node.paths]
        self._finders = [_finder(variable, node.paths) for variable in node.contextual]

    def objects(self, execution: Execution) -> list[dict[str, Any]]:
        """The objects at the target's paths; none if its `@skip` or `@include` excludes it."""
        if self._conditions is not None and not self._conditions(execution.variables):
            return []
        levels = [collect(execution.data) for collect in self._collectors]
        return [found for level in levels for found in level if found.__class__ is dict]

    def grouped(self, objects: list[dict[str, Any]], data: dict[str, Any]) -> list[_Group]:
        """The objects that have all values and a representation, grouped by their values."""
        values = [find(data) for find in self._finders]
        alike: dict[tuple[bytes, ...], list[Any]] = {}
        for found in objects:
            own = [each.get(id(found), _MISSING) for each in values]
            if _MISSING not in own:
                alike.setdefault(tuple(map(orjson.dumps, own)), []).append(found)
        batches = ((key, self._build(same)) for key, same in alike.items())
        return [_Group(key, batch) for key, batch in batches if batch.encoded]


def _finder(variable: ContextualVariable, paths: Iterable[Path]) -> Callable[[dict[str, Any]], _Values]:
    """A function that finds the value of one variable for each object.

    Of several contexts around an object the nearest one counts. An object without a value, or with null for a
    non-null argument, is left out: it cannot be fetched.
    """
    is_nullable = not variable.type.endswith("!")
    finders = [_values_at(path, source) for path in paths for source in variable.sources]

    def find(data: dict[str, Any]) -> _Values:
        values: _Values = {}
        for finder in finders:
            for found, value in finder(data):
                values.setdefault(id(found), value)
        return {
            found: value
            for found, value in values.items()
            if value is not _MISSING and (is_nullable or value is not None)
        }

    return find


def _values_at(path: Path, source: ContextSource) -> Callable[[dict[str, Any]], list[tuple[Any, Any]]]:
    """A function that returns the objects at a path, each with the value that `source` sets for it."""
    setters, below = compile_path(path[: source.depth]), compile_path(path[source.depth :])
    possible = source.possible

    def collect(data: dict[str, Any]) -> list[tuple[Any, Any]]:
        found: list[tuple[Any, Any]] = []
        for setter in setters(data):
            if setter.__class__ is dict and (possible is None or has_type(setter, possible)):
                value = _value(setter, source.selections)
                found.extend((each, value) for each in below(setter))
        return found

    return collect


def _value(found: Any, selections: tuple[RepresentationSelection, ...]) -> Any:
    """The single value that is selected in `found`; for a list of objects, the list of their values."""
    if not selections or found is None:
        return found
    if found.__class__ is list:
        values = [_value(item, selections) for item in found]
        return _MISSING if _MISSING in values else values
    if found.__class__ is not dict:
        return _MISSING
    for item in selections:
        if isinstance(item, RepresentationField):
            return _value(found.get(item.source, _MISSING), item.selections)
        if has_type(found, item.possible):
            return _value(found, item.selections)
    return _MISSING


def _with_fields(node: EntityFetch, shape: Iterable[int]) -> EntityFetch:
    """The fetch with, for each target, as many `_entities` fields as `shape` says."""
    targets: list[EntityTarget] = []
    declared: list[str] = []
    fields: list[str] = []
    for target, count in zip(node.targets, shape, strict=True):
        for number in range(count):
            names = {variable.name: _numbered(variable.name, number) for variable in target.contextual}
            key = _numbered(target.response_key, number)
            variable = f"{target.contextual[0].name}_of_{number}" if number else target.variable
            declared.append(f"${variable}:[_Any!]!")
            declared.extend(f"${names[each.name]}:{each.type}" for each in target.contextual)
            alias = "" if key == "_entities" else f"{key}:"
            selection = rename(target.selection, names)
            fields.append(f"{alias}_entities(representations:${variable}){{{selection}}}")
            targets.append(replace(target, response_key=key, variable=variable, contextual=()))
    text = " ".join(fields)
    used = variables_in(text)  # without the targets that are left out, perhaps not all
    clients = [each for each in zip(node.variables, node.declarations, strict=True) if each[0] in used]
    declared.extend(declaration for _, declaration in clients)
    return replace(
        node,
        operation=f"query({','.join(declared)}){{{text}}}",
        targets=tuple(targets),
        variables=tuple(name for name, _ in clients),
    )


def _numbered(name: str, number: int) -> str:
    """`name` for the first field, `name_1` for the second, and so on."""
    return f"{name}_{number}" if number else name
