"""One server over the data of a graph with contexts: what the router's answers must equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import ExecutionResult, GraphQLResolveInfo, execute_sync, parse

from schema.query_graph import QueryGraph
from schema.supergraph import ContextArgument, FieldSet, FieldSetField, Supergraph
from tests.router.planning.world import Object, value_of


@dataclass(frozen=True)
class Placed:
    """An object, and the one whose field it is."""

    data: Object
    above: Placed | None


class ContextMonolith:
    """Answers operations; a field's contexts are looked up where it stands."""

    def __init__(self, supergraph: Supergraph, root: Object) -> None:
        self._supergraph = supergraph
        self._graph = QueryGraph(supergraph)
        self._root = root

    def answer(self, operation: str, variables: Mapping[str, Any]) -> ExecutionResult:
        """The whole answer."""
        return execute_sync(
            self._supergraph.api_schema,
            parse(operation),
            root_value=Placed(self._root, None),
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda placed, *_: placed.data["__typename"],
        )

    def _resolve(self, placed: Placed, info: GraphQLResolveInfo[None], **arguments: Any) -> Any:
        declared = self._supergraph.types[info.parent_type.name].fields[info.field_name]
        contextual = {
            argument.name: self._filled(argument, placed)
            for own in declared.subgraphs.values()
            for argument in own.context_arguments
        }
        return _placed(value_of(placed.data, info.field_name, {**arguments, **contextual}), placed)

    def _filled(self, argument: ContextArgument, placed: Placed) -> Any:
        setters = self._graph.context_setters(argument.context)
        above = placed.above
        while above is not None and above.data["__typename"] not in setters:
            above = above.above
        assert above is not None, "composition makes sure that something sets it"
        return _selected(above.data, self._graph.context_selection(argument))


def _selected(value: Any, selection: FieldSet) -> Any:
    if isinstance(value, list):
        return [_selected(item, selection) for item in value]
    if value is None or not selection:
        return value
    for item in selection:
        if isinstance(item, FieldSetField):
            return _selected(value_of(value, item.name, {}), item.selections)
        if item.type_condition == value["__typename"]:
            return _selected(value, item.selections)
    return None


def _placed(value: Any, above: Placed) -> Any:
    if isinstance(value, list):
        return [_placed(item, above) for item in value]
    return Placed(value, above) if isinstance(value, dict) else value
