"""What an answer cost: the weights of the estimate, on the lists and objects that are really there.

Owns the walk over an answer. It runs only where costs are reported, after the answer is encoded.
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
    """Measures the answers to one operation. Made once per operation; holds nothing of a request."""

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
        """The cost of `data`, as it stands in the answer; a null and what is not there cost nothing but
        their arguments."""
        total = self._base
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
    """What stands under one response key."""

    __slots__ = ("arguments", "below", "weighs", "weight")

    def __init__(self, weight: int, arguments: Amount, below: Mapping[str, _Key]) -> None:
        self.weight = weight
        self.arguments = arguments
        self.below = below
        self.weighs = bool(weight or below)


class _Shape:
    """Finds the response keys of one operation, those of all fragments together."""

    def __init__(self, model: CostModel, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._model = model
        self._fragments = fragments

    def of(self, places: _Places) -> dict[str, _Key]:
        """The keys of an object that is selected at these places."""
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
        """The first place decides the weight: at others the same key is the same field, or one of another
        type."""
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
    """The values that are there, however deep the lists around them."""
    found: list[Any] = []
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        elif value is not None:
            found.append(value)
    return found
