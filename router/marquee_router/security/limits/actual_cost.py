"""`ActualCost`: the cost of a response: the weights of the estimate, on the objects and lists that it
contains.

It runs only if costs are reported, after the response is encoded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from marquee_router.security.limits.argument_cost import Amount
from marquee_router.security.limits.cost import MUTATION_WEIGHT, CostModel, evaluate
from marquee_schema.supergraph import Field, Type, named_type

_Places: TypeAlias = list[tuple[SelectionSetNode, Type | None]]


class ActualCost:
    """Measures the responses to one operation. It is made once per operation and holds no request."""

    def __init__(
        self,
        model: CostModel,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
    ) -> None:
        self._base = MUTATION_WEIGHT if operation.operation.value == "mutation" else 0
        shape = _Shape(model, fragments)
        self._root = shape.of([(operation.selection_set, model.root(operation))])

    def of(self, data: Any, variables: Mapping[str, Any]) -> int:
        """Return the cost of the `data` of a response; of a null or missing field only its arguments
        count."""
        total = self._base
        # Without recursion: subgraphs decide how deep the data are.
        waiting: list[tuple[Any, Mapping[str, _Key]]] = [(data, self._root)]
        while waiting:
            value, keys = waiting.pop()
            if not isinstance(value, dict):
                continue
            for name, inner in value.items():
                key = keys.get(name)
                if key is None:
                    continue
                total += evaluate(key.arguments, variables)
                for item in _items(inner) if key.weighs else ():
                    total += key.weight
                    waiting.append((item, key.below))
        return total


class _Key:
    """The weight of one response key, and the keys below it."""

    __slots__ = ("arguments", "below", "weighs", "weight")

    def __init__(self, weight: int, arguments: Amount, below: Mapping[str, _Key]) -> None:
        self.weight = weight
        self.arguments = arguments
        self.below = below
        self.weighs = bool(weight or below)


class _Shape:
    """Finds the response keys of one operation, fragments included."""

    def __init__(self, model: CostModel, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._model = model
        self._fragments = fragments

    def of(self, places: _Places) -> dict[str, _Key]:
        """The keys of an object that these selection sets select together."""
        found: dict[str, list[tuple[FieldNode, Field]]] = {}
        for node, parent in places:
            self._collect(node, parent, found)
        return {name: self._key(fields) for name, fields in found.items()}

    def _collect(
        self, node: SelectionSetNode, parent: Type | None, found: dict[str, list[tuple[FieldNode, Field]]]
    ) -> None:
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                field = parent.fields.get(selection.name.value) if parent is not None else None
                if field is not None:
                    key = selection.alias or selection.name
                    found.setdefault(key.value, []).append((selection, field))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self._model.type(condition.name.value) if condition else parent
                self._collect(selection.selection_set, inner, found)
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments[selection.name.value]
                inner = self._model.type(fragment.type_condition.name.value)
                self._collect(fragment.selection_set, inner, found)

    def _key(self, fields: list[tuple[FieldNode, Field]]) -> _Key:
        """The first field decides the weight: others with its key are the same field, or of another type."""
        node, field = fields[0]
        places = [
            (node.selection_set, self._model.type(named_type(field.type)))
            for node, field in fields
            if node.selection_set is not None
        ]
        return _Key(
            self._model.field_weight(field), self._model.arguments.weight(field, node), self.of(places)
        )


def _items(value: Any) -> list[Any]:
    """The non-null values in a list, however deeply lists nest."""
    found: list[Any] = []
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif value is not None:
            found.append(value)
    return found
