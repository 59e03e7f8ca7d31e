"""The tests' executor of query plans: synchronous, in memory, one step after another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from graphql import (
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)

from marquee_router.planning.plan import (
    Conditional,
    Conditions,
    Each,
    EntityFetch,
    EntityTarget,
    Parallel,
    Path,
    PlanNode,
    QueryPlan,
    RepresentationField,
    RepresentationSelection,
    ResponseField,
    ResponseSelection,
    RootFetch,
    Sequence,
    Subscribe,
    TypeCondition,
)
from tests.router.planning.world import Json, Object, Subgraph


class _Null(Exception):
    """A non-null value is null."""


class Interpreter:
    """Executes plans against in-memory subgraphs."""

    def __init__(self, schema: GraphQLSchema, subgraphs: Mapping[str, Subgraph]) -> None:
        self._schema = schema
        self._subgraphs = subgraphs
        self.errors: list[str] = []
        self.fetches = 0

    def run(self, plan: QueryPlan, variables: Mapping[str, Json]) -> Json:
        """The `data` of the answer; the errors of subgraphs are added to `errors`."""
        self.errors, self.fetches = [], 0
        data: Object = {}
        if plan.node is not None:
            self._run(plan.node, data, variables)
        try:
            return self._object(data, plan.response, variables, plan.root_type)
        except _Null:
            return None

    def _run(self, node: PlanNode, data: Object, variables: Mapping[str, Json]) -> None:
        match node:
            case Sequence() | Parallel():
                for child in node.nodes:
                    self._run(child, data, variables)
            case Conditional():
                if holds(node.conditions, variables):
                    self._run(node.node, data, variables)
            case RootFetch():
                found = self._call(
                    node.subgraph, node.operation, {v: variables[v] for v in node.variables if v in variables}
                )
                for target in list(_follow(data, node.path)):
                    _merge(target, found)
            case EntityFetch():
                self._entities(node, data, variables)
            case Subscribe():
                self._run(node.source, data, variables)
                if node.rest is not None:
                    self._run(node.rest, data, variables)

    def _call(self, subgraph: str, operation: str, variables: Object) -> Object:
        self.fetches += 1
        result = self._subgraphs[subgraph].execute(operation, variables)
        self.errors.extend(error.message for error in result.errors or ())
        return result.data or {}

    def _entities(self, node: EntityFetch, data: Object, variables: Mapping[str, Json]) -> None:
        sent: dict[str, tuple[list[Object], list[Object]]] = {}
        for target in node.targets:
            objects, representations = sent.setdefault(target.response_key, ([], []))
            for item in self._joining(target, data, variables):
                representation = _represent(item, target.representation)
                if representation is not None:
                    name = representation["__typename"]
                    representations.append({**representation, "__typename": target.typenames.get(name, name)})
                    objects.append(item)
        if not any(objects for objects, _ in sent.values()):
            return
        used: Object = {v: variables[v] for v in node.variables if v in variables}
        used.update({target.variable: sent[target.response_key][1] for target in node.targets})
        found = self._call(node.subgraph, node.operation, used)
        for key, (objects, _) in sent.items():
            for item, entity in zip(objects, found.get(key) or [None] * len(objects), strict=True):
                if entity is not None:
                    _merge(item, entity)

    def _joining(self, target: EntityTarget, data: Object, variables: Mapping[str, Json]) -> Iterator[Object]:
        if holds(target.conditions, variables):
            for path in target.paths:
                yield from _follow(data, path)

    def _object(
        self, data: Object, selection: ResponseSelection, variables: Mapping[str, Json], typename: str
    ) -> Object:
        found: Object = {}
        for item in selection.by_type.get(typename, ()):
            for key, conditions in item.reserves:
                if holds(conditions, variables):
                    found.setdefault(key)
            if holds(item.conditions, variables):
                found[item.response_key] = self._field(data, item, variables, typename)
        return found

    def _field(self, data: Object, item: ResponseField, variables: Mapping[str, Json], typename: str) -> Json:
        if item.name == "__typename":
            return typename
        return self._complete(data.get(item.source), item.type, item, variables)

    def _complete(
        self, value: Json, type_: GraphQLOutputType, item: ResponseField, variables: Mapping[str, Json]
    ) -> Json:
        if is_non_null_type(type_):
            completed = self._complete(value, type_.of_type, item, variables)
            if completed is None:
                raise _Null
            return completed
        try:
            return self._complete_nullable(value, type_, item, variables)
        except _Null:
            return None

    def _complete_nullable(
        self, value: Json, type_: GraphQLOutputType, item: ResponseField, variables: Mapping[str, Json]
    ) -> Json:
        if value is None:
            return None
        if is_list_type(type_):
            return [self._complete(each, type_.of_type, item, variables) for each in value]
        if is_leaf_type(type_) or item.selection is None:
            return value
        named = get_named_type(type_)
        typename = named.name if is_object_type(named) else value["__typename"]
        known = is_object_type(self._schema.get_type(typename)) or typename in item.selection.by_type
        return self._object(value, item.selection, variables, typename) if known else None


def holds(conditions: Conditions, variables: Mapping[str, Json]) -> bool:
    """True if one of the alternatives holds, or there are none."""
    return not conditions or any(
        all(bool(variables.get(c.variable)) is c.expected for c in conjunction) for conjunction in conditions
    )


def _follow(value: Json, path: Path) -> Iterator[Object]:
    if value is None:
        return
    if not path:
        yield value
        return
    first, rest = path[0], path[1:]
    if first is Each.ITEM:
        for item in value:
            yield from _follow(item, rest)
    elif isinstance(first, TypeCondition):
        if value.get("__typename") in first.possible:
            yield from _follow(value, rest)
    elif isinstance(first, str):
        yield from _follow(value.get(first), rest)


def _represent(data: Object, selections: tuple[RepresentationSelection, ...]) -> Object | None:
    found: Object = {}
    for item in selections:
        if not isinstance(item, RepresentationField):
            if data.get("__typename") in item.possible:
                nested = _represent(data, item.selections)
                if nested is None:
                    return None
                found.update(nested)
            continue
        if item.source not in data:
            return None
        value = _represent_value(data[item.source], item)
        if value is None and not item.nullable:
            return None
        found[item.name] = value
    return found


def _represent_value(value: Json, item: RepresentationField) -> Json:
    if value is None or not item.selections:
        return value
    if isinstance(value, list):
        return [_represent_value(each, item) for each in value]
    return _represent(value, item.selections)


def _merge(into: Object, found: Object) -> None:
    for key, value in found.items():
        into[key] = _merged(into.get(key), value)


def _merged(old: Json, new: Json) -> Json:
    if isinstance(old, dict) and isinstance(new, dict):
        _merge(old, new)
        return old
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [_merged(a, b) for a, b in zip(old, new, strict=True)]
    return new
