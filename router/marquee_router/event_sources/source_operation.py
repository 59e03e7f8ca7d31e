"""`SourceOperation`: the operation that a plan sends to a subgraph's stream, to be answered from events.

An event is read in the shape of the operation. If it lacks a field, the entity is fetched by `entity_query`:

    subscription { orderChanged(id: "1") { id status } }         with the event {"id": "1"} becomes
    query($fed_representations: [_Any!]!) {
      _entities(representations: $fed_representations) { ... on Order { id status } }
    }

Pure: no network, no broker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from graphql import (
    FieldNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    value_from_ast_untyped,
    visit,
)

from marquee_router.event_sources.binding import Binding, keys_of
from marquee_schema.field_set import FieldSet
from marquee_schema.supergraph import Supergraph, named_type

REPRESENTATIONS: Final = "fed_representations"


@dataclass(frozen=True, slots=True)
class SourceOperation:
    """One root field of a subscription, with its binding."""

    binding: Binding
    node: FieldNode
    response_key: str
    keys: tuple[FieldSet, ...]
    """The keys by which its subgraph resolves the entity; empty: an event has the whole value."""
    entity_query: str
    entity_variables: frozenset[str]
    """The names of the variables that it uses, without `REPRESENTATIONS`."""

    def topic(self, variables: Mapping[str, Any]) -> str:
        """Return the topic for these variables; raises `VariablesInvalid`."""
        arguments = {
            argument.name.value: value_from_ast_untyped(argument.value, dict(variables))
            for argument in self.node.arguments or ()
        }
        return self.binding.topic(arguments)


def source_operation(
    supergraph: Supergraph, subgraph: str, text: str, bindings: Mapping[str, Binding]
) -> SourceOperation | None:
    """Parse an operation; return None if its field is not bound."""
    operation = parse(text, no_location=True).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    node = next(
        (
            selection
            for selection in operation.selection_set.selections
            if isinstance(selection, FieldNode) and selection.name.value in bindings
        ),
        None,
    )
    if node is None:
        return None
    binding = bindings[node.name.value]
    keys = () if binding.is_list else keys_of(supergraph, subgraph, binding.type_name)
    query, used = (
        ("", frozenset[str]()) if node.selection_set is None else _entity_query(operation, node, binding)
    )
    return SourceOperation(
        binding, node, node.alias.value if node.alias else node.name.value, keys, query, used
    )


def _entity_query(
    operation: OperationDefinitionNode, node: FieldNode, binding: Binding
) -> tuple[str, frozenset[str]]:
    """The same selection on the entity, and the variables in it."""
    assert node.selection_set is not None
    names = _Variables()
    visit(node.selection_set, names)
    declared = " ".join(
        f"${definition.variable.name.value}: {print_ast(definition.type)}"
        for definition in operation.variable_definitions or ()
        if definition.variable.name.value in names.found
    )
    selection = print_ast(node.selection_set)
    text = (
        f"query(${REPRESENTATIONS}: [_Any!]! {declared}) "
        f"{{ _entities(representations: ${REPRESENTATIONS}) {{ ... on {binding.type_name} {selection} }} }}"
    )
    return print_ast(parse(text)), frozenset(names.found)


class _Variables(Visitor):
    """Collects the names of variables."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.found.add(node.name.value)


class EventReader:
    """Reads the value of an event in the shape of a selection: fields by name, results by response key."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph

    def typename(self, type_name: str, value: Mapping[str, Any]) -> str | None:
        """Return the object type of a value: its `__typename`, or the only possible type; None if unknown."""
        possible = self._supergraph.possible_types.get(type_name, frozenset())
        said = value.get("__typename")
        if said is None and len(possible) == 1:
            return next(iter(possible))
        return said if isinstance(said, str) and said in possible else None

    def read(self, selection: SelectionSetNode | None, value: Any, type_name: str) -> tuple[Any, bool]:
        """Return the selected part of the value, and True if the value had every selected field."""
        if isinstance(value, list):
            read = [self.read(selection, each, type_name) for each in value]
            return [each for each, _ in read], all(whole for _, whole in read)
        if selection is None or value is None:
            return value, True
        typename = self.typename(type_name, value) if isinstance(value, dict) else None
        if typename is None:
            return None, False
        found: dict[str, Any] = {}
        return found, self._collect(selection, value, typename, found)

    def _collect(
        self, selection: SelectionSetNode, value: Mapping[str, Any], typename: str, found: dict[str, Any]
    ) -> bool:
        whole = True
        for each in selection.selections:
            if isinstance(each, InlineFragmentNode):
                condition = each.type_condition.name.value if each.type_condition else typename
                if typename in self._supergraph.possible_types.get(condition, ()):
                    whole &= self._collect(each.selection_set, value, typename, found)
            elif isinstance(each, FieldNode):
                whole &= self._field(each, value, typename, found)
        return whole

    def _field(self, node: FieldNode, value: Mapping[str, Any], typename: str, found: dict[str, Any]) -> bool:
        name = node.name.value
        key = node.alias.value if node.alias else name
        if name == "__typename":
            found[key] = typename
            return True
        # An event has no arguments: `price(currency: EUR)` must be fetched, whatever the event has as
        # `price`.
        if name not in value or node.arguments:
            return False
        inner = named_type(self._supergraph.types[typename].fields[name].type)
        found[key], whole = self.read(node.selection_set, value[name], inner)
        return whole
