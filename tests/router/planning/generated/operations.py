"""Random operations on a schema: aliases, fragments, variables, arguments, conditions, `__typename`.

Not every one is valid (fields with one response key may differ): the caller validates them.
"""

from __future__ import annotations

from random import Random
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

_Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
_SWITCHES = ("b0", "b1", "b2")


class Operation:
    """One random operation with its variables."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self._schema = schema
        self._random = random
        self._fragments: list[tuple[str, str, str]] = []
        self._declared: dict[str, str] = {}
        self.variables: dict[str, Any] = {}
        self._conditional = random.random() < 0.5
        """Half of them have conditions at all."""
        self._aliased = random.choice((0.05, 0.3))
        self._budget = random.choice((6, 12, 25, 60))
        self.text = self._write()

    def _write(self) -> str:
        mutation = self._schema.mutation_type
        is_mutation = mutation is not None and self._random.random() < 0.15
        root = mutation if is_mutation else self._schema.query_type
        assert root is not None
        body = self._selection(root, self._random.randint(1, 5))
        declared = ", ".join(f"${name}: {kind}" for name, kind in sorted(self._declared.items()))
        head = "mutation" if is_mutation else "query"
        fragments = [f"fragment {name} on {on} {{ {text} }}" for name, on, text in self._fragments]
        return "\n".join([f"{head}{f'({declared})' if declared else ''} {{ {body} }}", *fragments])

    def _selection(self, parent: _Composite, depth: int) -> str:
        parts = [self._part(parent, depth) for _ in range(self._random.randint(1, 4))]
        return " ".join(part for part in parts if part) or "__typename"

    def _part(self, parent: _Composite, depth: int) -> str:
        self._budget -= 1
        chance = self._random.random()
        if self._budget < 0 and chance < 0.7:
            return ""
        if chance < 0.08:
            return self._alias("__typename") + self._condition()
        if chance < 0.25 or isinstance(parent, GraphQLUnionType):
            return self._fragment(parent, depth)
        name, field = self._random.choice(sorted(parent.fields.items()))
        return self._field(name, field, depth)

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        target = get_named_type(field.type)
        if depth == 0 and not is_leaf_type(target):
            return ""
        head = self._alias(name) + self._given(field) + self._condition()
        if is_leaf_type(target):
            return head
        return f"{head} {{ {self._selection(_composite(target), depth - 1)} }}"

    def _given(self, field: GraphQLField) -> str:
        parts: list[str] = []
        for name, argument in field.args.items():
            required = isinstance(argument.type, GraphQLNonNull) and argument.default_value is Undefined
            if not required and self._random.random() < 0.4:
                continue
            value = self._input(argument.type)
            if self._random.random() < 0.4:
                variable = f"v{len(self._declared)}"
                self._declare(variable, argument.type, value)
                parts.append(f"{name}: ${variable}")
            else:
                parts.append(f"{name}: {_literal(value, argument.type)}")
        return f"({', '.join(parts)})" if parts else ""

    def _declare(self, variable: str, type_: GraphQLInputType, value: Any) -> None:
        """With or without a default; and a value, unless there need be none."""
        default = f" = {_literal(value, type_)}" if self._random.random() < 0.2 else ""
        self._declared[variable] = f"{type_}{default}"
        if (isinstance(type_, GraphQLNonNull) and not default) or self._random.random() < 0.8:
            self.variables[variable] = value

    def _input(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLNonNull):
            return self._input_present(type_.of_type)
        return None if self._random.random() < 0.1 else self._input_present(type_)

    def _input_present(self, type_: Any) -> Any:
        if isinstance(type_, GraphQLList):
            return [self._input(type_.of_type) for _ in range(self._random.randint(0, 2))]
        if isinstance(type_, GraphQLEnumType):
            return self._random.choice(sorted(type_.values))
        if isinstance(type_, GraphQLInputObjectType):
            names = [name for name in type_.fields if self._random.random() < 0.7]
            return {name: self._input(type_.fields[name].type) for name in names}
        choices: dict[str, Any] = {
            "Int": self._random.randint(0, 3),
            "Boolean": self._random.random() < 0.5,
            "Float": 1.5,
        }
        return choices.get(type_.name, self._random.choice(("p", "q")))

    def _fragment(self, parent: _Composite, depth: int) -> str:
        if self._fragments and self._random.random() < 0.15:
            name, on, _ = self._random.choice(self._fragments)
            if on == parent.name:
                return f"...{name}{self._condition()}"
        names = {parent.name}
        if is_abstract_type(parent):
            names |= {found.name for found in self._schema.get_possible_types(parent)}
            for found in self._schema.get_possible_types(parent):
                names |= {each.name for each in found.interfaces}
        elif isinstance(parent, GraphQLObjectType):
            names |= {found.name for found in parent.interfaces}
        target = _composite(self._schema.type_map[self._random.choice(sorted(names))])
        body = self._selection(target, depth)
        if self._random.random() < 0.3:
            name = f"F{len(self._fragments)}"
            self._fragments.append((name, target.name, body))
            return f"...{name}{self._condition()}"
        return f"... on {target.name}{self._condition()} {{ {body} }}"

    def _alias(self, name: str) -> str:
        if self._random.random() > self._aliased:
            return name
        return f"{self._random.choice('xyzwk')}: {name}"

    def _condition(self) -> str:
        if not self._conditional or self._random.random() < 0.75:
            return ""
        if self._random.random() < 0.1:
            return self._directive("skip") + self._directive("include")
        return self._directive(self._random.choice(("skip", "include")))

    def _directive(self, directive: str) -> str:
        if self._random.random() < 0.1:
            return f" @{directive}(if: {self._random.choice(('true', 'false'))})"
        switch = self._random.choice(_SWITCHES)
        if switch not in self._declared:
            self._declare(switch, GraphQLNonNull(GraphQLBoolean), self._random.random() < 0.5)
        return f" @{directive}(if: ${switch})"


def _composite(found: GraphQLNamedType) -> _Composite:
    assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
    return found


def _literal(value: Any, type_: Any) -> str:
    named = get_named_type(type_)
    if isinstance(value, dict):
        fields = named.fields if isinstance(named, GraphQLInputObjectType) else {}
        return (
            "{" + ", ".join(f"{key}: {_literal(item, fields[key].type)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item, named) for item in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if isinstance(named, GraphQLEnumType) else f'"{value}"'
    return str(value)
