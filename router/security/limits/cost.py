"""The estimated cost of an operation, by `@cost` and `@listSize` (the IBM cost specification, static
analysis).

Owns the estimate. An estimate that depends on variables is a function of them, made once per operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
)

from schema.supergraph import Field, ListSize, Supergraph, Type, TypeKind, named_type

Amount: TypeAlias = int | Callable[[Mapping[str, Any]], int]
"""A number, or what computes it from the coerced variables."""

MUTATION_WEIGHT = 10


class CostModel:
    """Weights of one supergraph."""

    def __init__(self, supergraph: Supergraph, *, default_list_size: int) -> None:
        self._types = supergraph.types
        self._roots = {kind.value: name for kind, name in supergraph.root_types.items()}
        self._default_list_size = default_list_size

    def of(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Amount:
        """The cost of a valid operation."""
        root = self._types[self._roots[operation.operation.value]]
        cost = _Estimate(self, fragments).of_set(operation.selection_set, root, {})
        return _sum([cost, MUTATION_WEIGHT]) if operation.operation.value == "mutation" else cost

    def type(self, name: str) -> Type | None:
        """A named type; None for built-in scalars and introspection types."""
        return self._types.get(name)

    def field_weight(self, field: Field) -> int:
        """The field's own `@cost`, else its type's, else 1 for what has fields and 0 for leaves."""
        if field.cost is not None:
            return field.cost
        target = self._types.get(named_type(field.type))
        if target is None:
            return 0
        if target.cost is not None:
            return target.cost
        return 0 if target.kind in (TypeKind.SCALAR, TypeKind.ENUM) else 1

    def list_size(self, field: Field, node: FieldNode) -> Amount:
        """How many items a list field is taken to return."""
        rule = field.list_size or ListSize()
        sizes = [
            size for name in rule.slicing_arguments if (size := _argument(field, node, name)) is not None
        ]
        if sizes:
            return _largest(sizes)
        return rule.assumed_size if rule.assumed_size is not None else self._default_list_size


class _Estimate:
    """One walk over one operation."""

    def __init__(self, model: CostModel, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._model = model
        self._fragments = fragments

    def of_set(self, node: SelectionSetNode, parent: Type | None, sized: Mapping[str, Amount]) -> Amount:
        """The cost of a selection set; `sized` gives list sizes by field, from the parent's `sizedFields`."""
        parts: list[Amount] = []
        for selection in node.selections:
            if isinstance(selection, FieldNode):
                parts.append(self._field(selection, parent, sized))
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                inner = self._model.type(condition.name.value) if condition else parent
                parts.append(self.of_set(selection.selection_set, inner, sized))
            elif isinstance(selection, FragmentSpreadNode):
                fragment = self._fragments[selection.name.value]
                inner = self._model.type(fragment.type_condition.name.value)
                parts.append(self.of_set(fragment.selection_set, inner, sized))
        return _sum(parts)

    def _field(self, node: FieldNode, parent: Type | None, sized: Mapping[str, Amount]) -> Amount:
        field = parent.fields.get(node.name.value) if parent is not None else None
        if field is None:
            return 0
        inner: Amount = 0
        if node.selection_set is not None:
            target = self._model.type(named_type(field.type))
            inner = self.of_set(node.selection_set, target, self._sizes_below(field, node))
        cost = _sum([self._model.field_weight(field), inner])
        if field.type.startswith("["):
            size = sized.get(field.name)
            cost = _times(cost, self._model.list_size(field, node) if size is None else size)
        for name in (argument.name.value for argument in node.arguments or ()):
            declared = field.arguments.get(name)
            if declared is not None and declared.cost:
                cost = _sum([cost, declared.cost])
        return cost

    def _sizes_below(self, field: Field, node: FieldNode) -> Mapping[str, Amount]:
        rule = field.list_size
        if rule is None or not rule.sized_fields:
            return {}
        size = self._model.list_size(field, node)
        return {path.split(".")[0]: size for path in rule.sized_fields}


def _argument(field: Field, node: FieldNode, name: str) -> Amount | None:
    """The number given by a slicing argument; a path (`input.first`) is not followed."""
    for argument in node.arguments or ():
        if argument.name.value == name:
            if isinstance(argument.value, IntValueNode):
                return max(int(argument.value.value), 0)
            if isinstance(argument.value, VariableNode):
                return _from_variable(argument.value.name.value)
            return None
    declared = field.arguments.get(name)
    if declared is not None and isinstance(declared.default, IntValueNode):
        return max(int(declared.default.value), 0)
    return None


def _from_variable(name: str) -> Amount:
    def read(variables: Mapping[str, Any]) -> int:
        value = variables.get(name)
        return max(value, 0) if isinstance(value, int) else 0

    return read


def evaluate(amount: Amount, variables: Mapping[str, Any]) -> int:
    """The number, for these variables."""
    return amount if isinstance(amount, int) else amount(variables)


def _sum(parts: list[Amount]) -> Amount:
    known = sum(part for part in parts if isinstance(part, int))
    unknown = [part for part in parts if not isinstance(part, int)]
    if not unknown:
        return known
    return lambda variables: known + sum(part(variables) for part in unknown)


def _times(left: Amount, right: Amount) -> Amount:
    if isinstance(left, int) and isinstance(right, int):
        return left * right
    return lambda variables: evaluate(left, variables) * evaluate(right, variables)


def _largest(amounts: list[Amount]) -> Amount:
    if all(isinstance(amount, int) for amount in amounts):
        return max(evaluate(amount, {}) for amount in amounts)
    return lambda variables: max(evaluate(amount, variables) for amount in amounts)
