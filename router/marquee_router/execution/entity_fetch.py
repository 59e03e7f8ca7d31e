"""`CompiledEntityFetch`: collect entities, represent them, call the subgraph, merge its answer by index.

What goes wrong is noted on the execution and never raised.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marquee_router.errors import SubgraphReplyInvalid, SubgraphUnavailable
from marquee_router.execution.conditions import compile_conditions
from marquee_router.execution.exchange import Exchange, read_reply
from marquee_router.execution.fetch_location import EntityFetchLocation
from marquee_router.execution.merge import copy_json, merge_objects
from marquee_router.execution.path_collector import compile_path, compile_targets
from marquee_router.execution.representations import NOTHING, RepresentationBatch, compile_representation
from marquee_router.execution.root_fetch import too_deep
from marquee_router.execution.state import Execution, Failure
from marquee_router.execution.subgraph_request import compile_entity_request, with_variables
from marquee_router.execution.uploads import with_files
from marquee_router.planning.plan import EntityFetch, EntityTarget

_NAME = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class MergeRules:
    """What an entity fetch must know of the rest of its plan."""

    interfaces: frozenset[str]
    """Names of interfaces; see `merge_objects`."""
    merged_elsewhere: frozenset[str]
    """Keys under which other fetches may merge: their values must not be shared between objects."""
    fresh: bool
    """True if entities must be read after what the plan does first: a mutation, or an event's arrival."""
    apart: bool = False
    """True if objects at one path may come to differ below it: then they share no value."""


class _Target:
    """One `_entities` field of an entity fetch."""

    __slots__ = ("_conditions", "build", "node")

    def __init__(self, node: EntityTarget) -> None:
        self.node = node
        self.build = compile_representation(node.representation, node.typenames)
        self._conditions = compile_conditions(node.conditions)

    def represent(self, objects: list[Any], variables: Mapping[str, Any]) -> RepresentationBatch:
        """The representations of these objects; none if the target's `@skip` or `@include` excludes it."""
        if not objects or (self._conditions is not None and not self._conditions(variables)):
            return NOTHING
        return self.build(objects)

    def path_numbers(self, data: dict[str, Any]) -> dict[int, int]:
        """For each object by identity, the number of the path that reaches it."""
        return {
            id(found): number
            for number, path in enumerate(self.node.paths)
            for found in compile_path(path)(data)
        }


class CompiledEntityFetch:
    """A fetch that adds fields to entities in the collected data."""

    __slots__ = ("_collect", "_exchange", "_request", "_rules", "_send", "_targets", "_variables", "subgraph")

    def __init__(self, node: EntityFetch, exchange: Exchange, rules: MergeRules) -> None:
        self.subgraph = node.subgraph
        self._rules = rules
        self._exchange = exchange
        # A query shares the reply to an equal one under way. After a mutation that reply may be too old.
        self._send = exchange.read if rules.fresh else exchange.query
        self._targets = [_Target(target) for target in node.targets]
        self._collect = compile_targets(tuple(target.paths for target in node.targets))
        self._variables = node.variables
        variables = tuple(target.variable for target in node.targets)
        self._request = compile_entity_request(node.operation, variables, node.variables, node.operation_name)

    async def run(self, execution: Execution) -> None:
        """Fetch, and merge into the data of `execution`; nothing is sent if no object needs it."""
        variables = execution.variables
        collected = self._collect(execution.data)
        try:
            batches = [
                target.represent(objects, variables)
                for target, objects in zip(self._targets, collected, strict=True)
            ]
        except (TypeError, RecursionError):  # a required value nests more levels than the encoder writes
            groups = [[[found] for found in objects] for objects in collected]
            execution.failures.append(Failure(self, groups, too_deep()))
            return
        for batch in batches:
            if batch.encoded:
                await self.complete(execution, batches)
                return

    async def complete(
        self, execution: Execution, batches: list[RepresentationBatch], values: bytes = b""
    ) -> None:
        """Send the representations of each target, and merge the entities into their objects.

        `values` are further variables as JSON: `"a":1,"b":2`.
        """
        body = self._request(execution, [batch.encoded for batch in batches])
        if values:
            body = with_variables(body, values)
        if execution.context.has_files:
            body = with_files(body, self._variables, execution.variables)
        try:
            headers = execution.headers_for(self._exchange.name)
            reply = await self._send(body, headers, execution.time_left())
            data, errors = read_reply(reply.body, reply.status)
        except SubgraphUnavailable as unavailable:
            execution.failures.append(Failure(self, _groups(batches), unavailable))
            return
        if errors:
            execution.failures.append(Failure(self, _groups(batches), reported=errors))
        if data is None:
            return
        try:
            valid = self._merge(execution, batches, data, has_errors=bool(errors))
        except RecursionError:
            execution.failures.append(Failure(self, _groups(batches), too_deep()))
            return
        if not valid:
            invalid = SubgraphReplyInvalid(
                "the entities are not those that were asked for", status=reply.status
            )
            execution.failures.append(Failure(self, _groups(batches), invalid))

    def _merge(
        self,
        execution: Execution,
        batches: list[RepresentationBatch],
        data: dict[str, Any],
        *,
        has_errors: bool,
    ) -> bool:
        """Merge each entity into the objects of the representation at the same index.

        Returns False if the subgraph broke the contract of `_entities`: a list of the same length as
        `representations`, of objects and nulls. A null list is valid only with errors.
        """
        valid = True
        for target, batch in zip(self._targets, batches, strict=True):
            groups = batch.groups
            if not groups:
                continue
            entities = data.get(target.node.response_key)
            # With another length no index can be trusted: entities would land on the wrong objects.
            if entities.__class__ is not list or len(entities) != len(groups):
                valid = valid and entities is None and has_errors
                continue
            for group, entity in zip(groups, entities, strict=True):
                if entity.__class__ is dict:
                    if len(group) == 1 and group[0].keys().isdisjoint(entity):
                        group[0].update(entity)
                    elif not _merged_flat(group, entity):
                        self._merge_nested(execution, target, group, entity)
                elif entity is not None:  # null: the subgraph does not know the entity
                    valid = False
        return valid

    def _merge_nested(
        self, execution: Execution, target: _Target, group: list[dict[str, Any]], entity: dict[str, Any]
    ) -> None:
        """Merge an entity that contains objects into the objects of one representation.

        Later fetches treat all objects at one path alike, so these may share what is inside the entity. At
        another path a later fetch may write another value under the same key, so there it must be a copy:
        with `a { owner { name } } b { owner { name(short: true) } }` one `owner` would get both names.
        """
        rules = self._rules
        if rules.apart:
            for found in group[1:]:
                merge_objects(found, copy_json(entity), rules.interfaces)
            merge_objects(group[0], entity, rules.interfaces)
            return
        if len(group) == 1 or len(target.node.paths) == 1 or rules.merged_elsewhere.isdisjoint(entity):
            for found in group:
                merge_objects(found, entity, rules.interfaces)
            return
        path_numbers = target.path_numbers(execution.data)
        copies: dict[int, dict[str, Any]] = {path_numbers[id(group[0])]: entity}
        for found in group:
            path = path_numbers[id(found)]
            if path not in copies:
                copies[path] = copy_json(entity)
            merge_objects(found, copies[path], rules.interfaces)

    def location(self, data: dict[str, Any], objects: list[Any]) -> EntityFetchLocation:
        """Where in the data the fetch merges; see `state.Fetched`."""
        return EntityFetchLocation([target.node for target in self._targets], data, objects)


def _merged_flat(group: list[dict[str, Any]], entity: dict[str, Any]) -> bool:
    """Merge an entity of non-null scalars, which most are; returns False for any other, and merges
    nothing."""
    for value in entity.values():
        if value is None or value.__class__ is dict or value.__class__ is list:
            return False
    for found in group:
        found.update(entity)
    return True


def _groups(batches: list[RepresentationBatch]) -> list[Any]:
    return [batch.groups for batch in batches]


def names_in(operation: str) -> set[str]:
    """Every name in the text of an operation: a superset of the keys it can return."""
    return set(_NAME.findall(operation))
