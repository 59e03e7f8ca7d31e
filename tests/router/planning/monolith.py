"""One server over the shared data of a graph: the router's answers must equal its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, ExecutionResult, GraphQLResolveInfo, execute_sync

from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.query_graph import QueryGraph
from marquee_schema.supergraph import ContextArgument, Supergraph

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """An object, and the one whose field it is."""

    data: Object
    above: Placed | None


class Monolith:
    """Answers operations; a field's contexts are looked up where it stands."""

    def __init__(
        self,
        supergraph: Supergraph,
        root: Object,
        read: Callable[[Object, str, Mapping[str, Any]], Any],
    ) -> None:
        """`read` gives the value of an object's field, with arguments."""
        self._supergraph = supergraph
        self._graph = QueryGraph(supergraph)
        self._root = root
        self._read = read
        self._contexts: dict[tuple[str, str], tuple[ContextArgument, ...]] = {}

    def answer(self, operation: DocumentNode, variables: Mapping[str, Any]) -> ExecutionResult:
        """The whole answer."""
        return execute_sync(
            self._supergraph.api_schema,
            operation,
            root_value=Placed(self._root, None),
            variable_values=dict(variables),
            field_resolver=self._resolve,
            type_resolver=lambda placed, *_: placed.data["__typename"],
        )

    def _resolve(self, placed: Placed, info: GraphQLResolveInfo[None], **arguments: Any) -> Any:
        for each in self._context_arguments(info.parent_type.name, info.field_name):
            arguments[each.name] = self._filled(each, placed)
        return _placed(self._read(placed.data, info.field_name, arguments), placed)

    def _context_arguments(self, type_name: str, name: str) -> tuple[ContextArgument, ...]:
        found = self._contexts.get((type_name, name))
        if found is None:
            declared = self._supergraph.types[type_name].fields[name]
            found = tuple(each for own in declared.subgraphs.values() for each in own.context_arguments)
            self._contexts[type_name, name] = found
        return found

    def _filled(self, argument: ContextArgument, placed: Placed) -> Any:
        setters = self._graph.context_setters(argument.context)
        above = placed.above
        while above is not None and above.data["__typename"] not in setters:
            above = above.above
        assert above is not None, "composition makes sure that something sets it"
        return self._selected(above.data, self._graph.context_selection(argument))

    def _selected(self, value: Any, selection: FieldSet) -> Any:
        if isinstance(value, list):
            return [self._selected(item, selection) for item in value]
        if value is None or not selection:
            return value
        for item in selection:
            if isinstance(item, FieldSetField):
                return self._selected(self._read(value, item.name, {}), item.selections)
            if value["__typename"] in self._supergraph.possible_types[item.type_condition]:
                return self._selected(value, item.selections)
        return None


def _placed(value: Any, above: Placed) -> Any:
    if isinstance(value, list):
        return [_placed(item, above) for item in value]
    return Placed(value, above) if isinstance(value, dict) else value
