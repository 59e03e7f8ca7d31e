"""`CostModel`: the estimated cost of an operation by `@cost` and `@listSize`.

It is the static analysis of https://ibm.github.io/graphql-specs/cost-spec.html. An estimate that depends on
variables is a function of them, made once per operation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from graphql import (
    BooleanValueNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

from marquee_router.security.limits.argument_cost import Amount, ArgumentCosts
from marquee_schema.supergraph import Field, Supergraph, Type, TypeKind, named_type

MUTATION_WEIGHT = 10

_Sized: TypeAlias = Mapping[tuple[str, ...], Amount]
"""List sizes by the path below here, from `sizedFields` further up."""
_NAME = re.compile(r"\w+")
_DROPS_WHEN = {"skip": True, "include": False}


class CostModel:
    """Weights of one supergraph."""

    def __init__(self, supergraph: Supergraph, *, default_list_size: int) -> None:
        self._types = supergraph.types
        self._roots = {kind.value: name for kind, name in supergraph.root_types.items()}
        self.arguments = ArgumentCosts(supergraph, default_list_size=default_list_size)

    def of(
        self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
    ) -> Amount:
        """The cost of a valid operation."""
        cost = _Estimate(self, fragments).of_set(operation.selection_set, self.root(operation), {})
        return _sum([cost, MUTATION_WEIGHT]) if operation.operation.value == "mutation" else cost

    def root(self, operation: OperationDefinitionNode) -> Type:
        """The root type of an operation."""
        return self._types[self._roots[operation.operation.value]]

    def type(self, name: str) -> Type | None:
        """A named type; None for built-in scalars and introspection types."""
        return self._types.get(name)

    def field_weight(self, field: Field) -> int:
        """The field's own `@cost`, else its type's, else 1 for a composite type and 0 for a leaf."""
        if field.cost is not None:
            return field.cost
        target = self._types.get(named_type(field.type))
        if target is None:
            return 0
        if target.cost is not None:
            return target.cost
        return 0 if target.kind in (TypeKind.SCALAR, TypeKind.ENUM) else 1


class _Estimate:
    """Estimates one operation."""

    def __init__(self, model: CostModel, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._model = model
        self._fragments = fragments

    def of_set(self, node: SelectionSetNode, parent: Type | None, sized: _Sized) -> Amount:
        """The cost of a selection set: the sum of all fragments, though an object may match only some."""
        parts: list[Amount] = []
        for selection in node.selections:
            if never_runs(selection):
                continue
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

    def _field(self, node: FieldNode, parent: Type | None, sized: _Sized) -> Amount:
        field = parent.fields.get(node.name.value) if parent is not None else None
        if field is None:
            return 0
        inner: Amount = 0
        if node.selection_set is not None:
            target = self._model.type(named_type(field.type))
            below = {path[1:]: size for path, size in sized.items() if path[0] == field.name and path[1:]}
            inner = self.of_set(node.selection_set, target, {**below, **self._sizes_below(field, node)})
        cost = _sum([self._model.field_weight(field), inner])
        # A list costs its assumed length times one item: `films(first: 10) { title }` is ten films.
        if field.type.startswith("["):
            size = sized.get((field.name,))
            cost = _times(cost, self._model.arguments.list_size(field, node) if size is None else size)
        return _sum([cost, self._model.arguments.weight(field, node)])

    def _sizes_below(self, field: Field, node: FieldNode) -> _Sized:
        rule = field.list_size
        if rule is None or not rule.sized_fields:
            return {}
        size = self._model.arguments.list_size(field, node)
        return {tuple(_NAME.findall(path)): size for path in rule.sized_fields}


def never_runs(selection: SelectionNode) -> bool:
    """True for a literal `@skip(if: true)` or `@include(if: false)`; a variable may have either value."""
    return any(
        isinstance(argument.value, BooleanValueNode)
        and argument.value.value is _DROPS_WHEN.get(directive.name.value)
        for directive in selection.directives or ()
        for argument in directive.arguments or ()
    )


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
