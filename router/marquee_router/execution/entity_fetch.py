"""The compiled fetches: collect, represent, call, merge. What goes wrong is noted on the execution, never
raised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from marquee_router.errors import SubgraphReplyInvalid, SubgraphUnavailable
from marquee_router.execution.conditions import compile_conditions
from marquee_router.execution.exchange import Exchange, read_reply
from marquee_router.execution.fetch_location import EntityFetchLocation, RootFetchLocation
from marquee_router.execution.merge import copy_json, merge_objects
from marquee_router.execution.path_collector import compile_path, compile_targets, locate
from marquee_router.execution.representations import NOTHING, RepresentationBatch, compile_representation
from marquee_router.execution.state import Execution, Failure
from marquee_router.execution.subgraph_request import (
    compile_entity_request,
    compile_root_request,
    with_variables,
)
from marquee_router.execution.uploads import with_files
from marquee_router.planning.plan import EntityFetch, EntityTarget, OperationKind, RootFetch

_WORD = re.compile(r"\w+")


class CompiledRootFetch:
    """A fetch of root fields."""

    __slots__ = (
        "_collect",
        "_exchange",
        "_interfaces",
        "_is_query",
        "_operation",
        "_path",
        "_request",
        "_variables",
        "subgraph",
    )

    def __init__(self, node: RootFetch, exchange: Exchange, interfaces: frozenset[str]) -> None:
        """`interfaces` as in `merge_objects`."""
        self.subgraph = node.subgraph
        self._interfaces = interfaces
        self._exchange = exchange
        self._is_query = node.kind is OperationKind.QUERY
        self._request = compile_root_request(node.operation, node.variables, node.operation_name)
        self._variables = node.variables
        self._path = node.path
        self._collect = compile_path(node.path) if node.path else None
        self._operation = node.operation

    async def run(self, execution: Execution) -> None:
        targets = [execution.data] if self._collect is None else _objects_of(self._collect(execution.data))
        if not targets:
            return
        exchange = self._exchange
        send = exchange.query if self._is_query else exchange.mutate
        try:
            body = self._request(execution)
            if execution.context.has_files:
                body = with_files(body, self._variables, execution.variables)
            reply = await send(body, execution.headers_for(exchange.name), execution.time_left())
            data, errors = read_reply(reply.body, reply.status)
        except SubgraphUnavailable as unavailable:
            execution.failures.append(Failure(self, [targets], unavailable))
            return
        if errors:
            execution.failures.append(Failure(self, [targets], reported=errors))
        if data is not None:
            try:
                self.absorb(targets, data)
            except RecursionError:
                execution.failures.append(Failure(self, [targets], too_deep()))

    def absorb(self, targets: list[Any], data: dict[str, Any]) -> None:
        """Merge `data` into each of the objects at the fetch's path."""
        merge_objects(targets[0], data, self._interfaces)
        for target in targets[1:]:
            merge_objects(target, copy_json(data), self._interfaces)

    def location(self, data: dict[str, Any], objects: list[Any]) -> RootFetchLocation:
        if not self._path:
            return RootFetchLocation([()], self._operation)
        found = locate(data, (self._path,), {id(found) for found in objects[0]})
        return RootFetchLocation([place for places in found.values() for place in places], self._operation)


class _Target:
    """One `_entities` field of an entity fetch."""

    __slots__ = ("_conditions", "build", "node")

    def __init__(self, node: EntityTarget) -> None:
        self.node = node
        self.build = compile_representation(node.representation, node.typenames)
        self._conditions = compile_conditions(node.conditions)

    def file(self, objects: list[Any], variables: Mapping[str, Any]) -> RepresentationBatch:
        if not objects or (self._conditions is not None and not self._conditions(variables)):
            return NOTHING
        return self.build(objects)

    def path_of(self, data: dict[str, Any]) -> dict[int, int]:
        """Object identity → number of the path that reaches it."""
        return {
            id(found): number
            for number, path in enumerate(self.node.paths)
            for found in compile_path(path)(data)
        }


class CompiledEntityFetch:
    """A fetch that completes entities found in the data so far."""

    __slots__ = (
        "_apart",
        "_collect",
        "_exchange",
        "_interfaces",
        "_merged_elsewhere",
        "_request",
        "_send",
        "_targets",
        "_variables",
        "subgraph",
    )

    def __init__(
        self,
        node: EntityFetch,
        exchange: Exchange,
        merged_elsewhere: frozenset[str],
        interfaces: frozenset[str],
        *,
        fresh: bool,
        apart: bool = False,
    ) -> None:
        """`interfaces` as in `merge_objects`; `apart` when objects at one path may come to differ below: then
        they share nothing.
        """
        self.subgraph = node.subgraph
        self._interfaces = interfaces
        self._apart = apart
        self._send = exchange.read if fresh else exchange.query
        """After a mutation or an event, a reply that was asked for before would be stale."""
        self._exchange = exchange
        self._merged_elsewhere = merged_elsewhere
        """Keys under which other fetches may merge too: values there must not be shared between objects."""
        self._targets = [_Target(target) for target in node.targets]
        self._collect = compile_targets(tuple(target.paths for target in node.targets))
        self._variables = node.variables
        variables = tuple(target.variable for target in node.targets)
        self._request = compile_entity_request(node.operation, variables, node.variables, node.operation_name)

    async def run(self, execution: Execution) -> None:
        variables = execution.variables
        collected = self._collect(execution.data)
        try:
            filed = [
                target.file(objects, variables)
                for target, objects in zip(self._targets, collected, strict=True)
            ]
        except (TypeError, RecursionError):  # a value that is sent on cannot be encoded
            groups = [[[found] for found in objects] for objects in collected]
            execution.failures.append(Failure(self, groups, too_deep()))
            return
        for each in filed:
            if each.encoded:
                await self.complete(execution, filed)
                return

    async def complete(
        self, execution: Execution, filed: list[RepresentationBatch], values: bytes = b""
    ) -> None:
        """Ask for entities, and merge them into their objects.

        `filed` has, per target, what is sent; `values` are further variables as JSON: `"a":1,"b":2`.
        """
        exchange = self._exchange
        body = self._request(execution, [each.encoded for each in filed])
        if values:
            body = with_variables(body, values)
        if execution.context.has_files:
            body = with_files(body, self._variables, execution.variables)
        try:
            reply = await self._send(body, execution.headers_for(exchange.name), execution.time_left())
            data, errors = read_reply(reply.body, reply.status)
        except SubgraphUnavailable as unavailable:
            execution.failures.append(Failure(self, _objects(filed), unavailable))
            return
        if errors:
            execution.failures.append(Failure(self, _objects(filed), reported=errors))
        if data is None:
            return
        try:
            valid = self._absorb(execution, filed, data, explained=bool(errors))
        except RecursionError:
            execution.failures.append(Failure(self, _objects(filed), too_deep()))
            return
        if not valid:
            invalid = SubgraphReplyInvalid(
                "the entities are not those that were asked for", status=reply.status
            )
            execution.failures.append(Failure(self, _objects(filed), invalid))

    def _absorb(
        self, execution: Execution, filed: list[RepresentationBatch], data: dict[str, Any], *, explained: bool
    ) -> bool:
        """Merge the entities into their objects; False when the list is not what was asked for."""
        valid = True
        for target, found in zip(self._targets, filed, strict=True):
            groups = found.groups
            if not groups:
                continue
            entities = data.get(target.node.response_key)
            if entities.__class__ is not list or len(entities) != len(groups):
                valid = valid and entities is None and explained
                continue
            for group, entity in zip(groups, entities, strict=True):
                if entity.__class__ is dict:
                    if len(group) == 1 and group[0].keys().isdisjoint(entity):
                        group[0].update(entity)
                    elif not _merged_flat(group, entity):
                        self._merge(execution, target, group, entity)
                elif entity is not None:
                    valid = False
        return valid

    def _merge(
        self, execution: Execution, target: _Target, group: list[dict[str, Any]], entity: dict[str, Any]
    ) -> None:
        """Merge an entity with objects in it.

        Later fetches treat all objects at one path alike, so these may share what is inside the entity. At
        another path a later fetch may write something else under the same key: there it must be a copy.
        """
        if self._apart:
            for found in group[1:]:
                merge_objects(found, copy_json(entity), self._interfaces)
            merge_objects(group[0], entity, self._interfaces)
            return
        shared = self._merged_elsewhere
        if len(group) == 1 or len(target.node.paths) == 1 or shared.isdisjoint(entity):
            for found in group:
                merge_objects(found, entity, self._interfaces)
            return
        path_of = target.path_of(execution.data)
        copies: dict[int, dict[str, Any]] = {path_of[id(group[0])]: entity}
        for found in group:
            path = path_of[id(found)]
            if path not in copies:
                copies[path] = copy_json(entity)
            merge_objects(found, copies[path], self._interfaces)

    def location(self, data: dict[str, Any], objects: list[Any]) -> EntityFetchLocation:
        return EntityFetchLocation([target.node for target in self._targets], data, objects)


def _merged_flat(group: list[dict[str, Any]], entity: dict[str, Any]) -> bool:
    """Merge an entity that has nothing inside and no nulls, which most are; False when it is another."""
    for value in entity.values():
        if value is None or value.__class__ is dict or value.__class__ is list:
            return False
    for found in group:
        found.update(entity)
    return True


def too_deep() -> SubgraphReplyInvalid:
    """Why data cannot be encoded, or merged."""
    return SubgraphReplyInvalid("the data are nested too deeply")


def _objects(filed: list[RepresentationBatch]) -> list[Any]:
    return [each.groups for each in filed]


def _objects_of(level: list[Any]) -> list[Any]:
    return [found for found in level if found.__class__ is dict]


def words(operation: str) -> set[str]:
    """Every name in an operation: a superset of the keys it can return."""
    return set(_WORD.findall(operation))
