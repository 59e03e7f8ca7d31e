"""`ArgumentCosts`: the part of a field's cost that depends on arguments: their weights, and the length of
its list.

Owns the reading of arguments: literals, variables, a mixture of both, or defaults. A number that depends on
variables is a function of them: `films(first: $n)` has the list size `lambda variables: variables["n"]`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from graphql import ArgumentNode, FieldNode, Undefined, ValueNode, VariableNode, value_from_ast_untyped
from graphql.language import Visitor, visit
from graphql.language.visitor import BREAK, VisitorAction

from marquee_router.errors import RequestError
from marquee_schema.supergraph import Field, InputValue, ListSize, Supergraph, TypeKind, named_type

Amount: TypeAlias = int | Callable[[Mapping[str, Any]], int]
"""A number, or what computes it from the coerced variables."""

_Number: TypeAlias = int | Callable[[Mapping[str, Any]], int | None] | None
_NOTHING: Mapping[str, Any] = {}


class SlicingArgumentsWrong(RequestError):
    """A list field with `requireOneSlicingArgument` has none of its slicing arguments, or several."""

    code = "SLICING_ARGUMENT_REQUIRED"


class ArgumentCosts:
    """Reads the arguments of fields of one supergraph."""

    def __init__(self, supergraph: Supergraph, *, default_list_size: int) -> None:
        self._types = supergraph.types
        self._default_list_size = default_list_size
        self._weighted = self._find_weighted()

    def list_size(self, field: Field, node: FieldNode) -> Amount:
        """The number of items that a field is assumed to return, by `@listSize`: the largest slicing
        argument, else `assumedSize`, else the default.

        Raises `SlicingArgumentsWrong`, or returns what does.
        """
        rule = field.list_size or ListSize()
        otherwise = self._default_list_size if rule.assumed_size is None else rule.assumed_size
        if not rule.slicing_arguments:
            return otherwise
        nodes = {argument.name.value: argument for argument in node.arguments or ()}
        numbers = [self._number(field, nodes, path.split(".")) for path in rule.slicing_arguments]

        def read(variables: Mapping[str, Any]) -> int:
            sizes = []
            for number in numbers:
                size = number(variables) if callable(number) else number
                if size is not None:
                    sizes.append(size)
            if rule.require_one_slicing_argument and len(sizes) != 1:
                names = ", ".join(f"'{name}'" for name in rule.slicing_arguments)
                raise SlicingArgumentsWrong(
                    f"'{field.name}' needs exactly one of the arguments {names}, and has {len(sizes)}"
                )
            return max(sizes, default=otherwise)

        if not any(map(callable, numbers)):
            return read(_NOTHING)
        only = numbers[0]
        if len(numbers) > 1 or not callable(only):
            return read

        def read_one(variables: Mapping[str, Any]) -> int:  # by far the most, and for each request
            size = only(variables)
            return read(variables) if size is None else size

        return read_one

    def weight(self, field: Field, node: FieldNode) -> Amount:
        """The weight of the given arguments: each by its own `@cost`, else its type's, else 1 for an input
        object; with that of the fields in input objects."""
        known = 0
        unknown: list[tuple[InputValue, ValueNode]] = []
        for argument in node.arguments or ():
            declared = field.arguments.get(argument.name.value)
            if declared is None:
                continue
            if named_type(declared.type) not in self._weighted:
                known += self._type_weight(declared) if declared.cost is None else declared.cost
            elif _has_variables(argument):
                unknown.append((declared, argument.value))
            else:
                known += self._weigh(declared, value_from_ast_untyped(argument.value))
        if not unknown:
            return known
        return lambda variables: (
            known
            + sum(
                self._weigh(declared, value_from_ast_untyped(value, dict(variables)))
                for declared, value in unknown
            )
        )

    def _number(self, field: Field, nodes: Mapping[str, ArgumentNode], path: Sequence[str]) -> _Number:
        """The number at a path of an argument and input fields, as in `filter.first`; None if there is
        none."""
        node = nodes.get(path[0])
        if node is None or not _has_variables(node):
            return self._number_in(field, node, path, _NOTHING)
        if len(path) == 1 and isinstance(node.value, VariableNode):
            name, default = node.value.name.value, self._number_in(field, None, path, _NOTHING)
            return lambda variables: _natural(variables[name]) if name in variables else default
        return lambda variables: self._number_in(field, node, path, variables)

    def _number_in(
        self, field: Field, node: ArgumentNode | None, path: Sequence[str], variables: Mapping[str, Any]
    ) -> int | None:
        declared = field.arguments.get(path[0])
        value: Any = Undefined
        if node is not None:
            value = _value(node.value, variables)
        for name in path[1:]:
            value = _or_default(declared, value)
            if declared is None or not isinstance(value, Mapping):
                return None
            target = self._types.get(named_type(declared.type))
            declared = target.input_fields.get(name) if target is not None else None
            value = value.get(name, Undefined)
        return _natural(_or_default(declared, value))

    def _weigh(self, argument: InputValue, given: Any) -> int:
        """The weight of a value. Without recursion: the client decides how deeply it nests."""
        total = 0
        waiting: list[tuple[InputValue, Any, bool]] = [(argument, given, True)]
        while waiting:
            declared, value, is_first = waiting.pop()
            if value is None or value is Undefined:
                continue
            if declared.cost is not None and is_first:
                total += declared.cost
            if isinstance(value, list):
                waiting.extend((declared, item, False) for item in value)
                continue
            if declared.cost is None:
                total += self._type_weight(declared)
            if isinstance(value, Mapping):
                fields = self._types[named_type(declared.type)].input_fields
                waiting.extend((fields[name], inner, True) for name, inner in value.items() if name in fields)
        return total

    def _type_weight(self, declared: InputValue) -> int:
        target = self._types.get(named_type(declared.type))
        if target is None:
            return 0
        if target.cost is not None:
            return target.cost
        return 1 if target.kind is TypeKind.INPUT else 0

    def _find_weighted(self) -> frozenset[str]:
        """Input objects whose weight depends on their content. All others have a constant weight, so that
        nothing is computed for them per request."""
        inputs = [t for t in self._types.values() if t.kind is TypeKind.INPUT]
        leaves = {t.name for t in self._types.values() if t.cost is not None and t not in inputs}
        # Repeated until nothing is added: an input object is weighted if a field of it is, at any depth.
        found: set[str] = set()
        before = -1
        while before != len(found):
            before = len(found)
            for type_ in inputs:
                for inner in type_.input_fields.values():
                    name = named_type(inner.type)
                    if inner.cost is not None or name in leaves or name in found:
                        found.add(type_.name)
        return frozenset(found)


def _natural(value: Any) -> int | None:
    return max(value, 0) if type(value) is int else None


def _value(node: ValueNode, variables: Mapping[str, Any]) -> Any:
    if isinstance(node, VariableNode):
        return variables.get(node.name.value, Undefined)
    return value_from_ast_untyped(node, dict(variables))


def _or_default(declared: InputValue | None, value: Any) -> Any:
    if value is Undefined and declared is not None and declared.default is not None:
        return value_from_ast_untyped(declared.default)
    return value


class _FindVariable(Visitor):
    found = False

    def enter_variable(self, *_: Any) -> VisitorAction:
        self.found = True
        return BREAK


def _has_variables(argument: ArgumentNode) -> bool:
    finder = _FindVariable()
    visit(argument, finder)
    return finder.found
