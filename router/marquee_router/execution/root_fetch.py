"""`CompiledRootFetch`: a fetch of root fields: call, read, merge.

What goes wrong is noted on the execution and never raised.
"""

from __future__ import annotations

from typing import Any

from marquee_router.errors import SubgraphReplyInvalid, SubgraphUnavailable
from marquee_router.execution.exchange import Exchange, read_reply
from marquee_router.execution.fetch_location import RootFetchLocation
from marquee_router.execution.merge import copy_json, merge_objects
from marquee_router.execution.path_collector import compile_path, locate
from marquee_router.execution.state import Execution, Failure
from marquee_router.execution.subgraph_request import compile_root_request
from marquee_router.execution.uploads import with_files
from marquee_router.planning.plan import OperationKind, RootFetch


class CompiledRootFetch:
    """A fetch of root fields, or of root fields of a nested `Query`."""

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
        """Fetch, and merge into the data of `execution`; failures are noted on it."""
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
            # The fields stay missing; the projection turns them into nulls, or nulls a parent.
            execution.failures.append(Failure(self, [targets], unavailable))
            return
        if errors:
            execution.failures.append(Failure(self, [targets], reported=errors))
        if data is not None:
            try:
                self.merge(targets, data)
            except RecursionError:
                execution.failures.append(Failure(self, [targets], too_deep()))

    def merge(self, targets: list[Any], data: dict[str, Any]) -> None:
        """Merge `data` into each of the objects at the fetch's path.

        All but the first get a copy: later fetches may add different values to each.
        """
        merge_objects(targets[0], data, self._interfaces)
        for target in targets[1:]:
            merge_objects(target, copy_json(data), self._interfaces)

    def location(self, data: dict[str, Any], objects: list[Any]) -> RootFetchLocation:
        """Where in the data the fetch merges; see `state.Fetched`."""
        if not self._path:
            return RootFetchLocation([()], self._operation)
        found = locate(data, (self._path,), {id(found) for found in objects[0]})
        return RootFetchLocation([place for places in found.values() for place in places], self._operation)


def too_deep() -> SubgraphReplyInvalid:
    """The failure of a fetch whose data nest more levels than can be encoded or merged."""
    return SubgraphReplyInvalid("the data are nested too deeply")


def _objects_of(level: list[Any]) -> list[Any]:
    return [found for found in level if found.__class__ is dict]
