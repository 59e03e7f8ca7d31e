"""Random valid operations of a schema: aliases, fragments, conditions, `__typename`; the same seed, the same
text."""

from __future__ import annotations

import random

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_non_null_type,
)

VARIABLES = {"yes": True, "no": False}
_Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


class Operations:
    """Draws operations; fields that take arguments are given them from `arguments` or left out."""

    def __init__(self, schema: GraphQLSchema, seed: int, arguments: dict[str, str] | None = None) -> None:
        self._schema = schema
        self._random = random.Random(seed)
        self._arguments = arguments or {}
        self._fragments: list[str] = []
        self._aliases = 0

    def query(self, depth: int = 4) -> str:
        """The text of a query."""
        root = self._schema.query_type
        assert root is not None
        body = self._selection(root, depth)
        return "\n".join(
            [f"query ($yes: Boolean!, $no: Boolean!) {{ {body} ... @include(if: $yes) {{ z: __typename }} "
             "... @include(if: $no) { y: __typename } }", *self._fragments]
        )  # fmt: skip

    def _selection(self, parent: _Composite, depth: int) -> str:
        parts = [self._part(parent, depth) for _ in range(self._random.randint(1, 4))]
        return " ".join(part for part in parts if part) or "__typename"

    def _part(self, parent: _Composite, depth: int) -> str:
        chance = self._random.random()
        if chance < 0.08 or isinstance(parent, GraphQLUnionType):
            if chance < 0.08:
                return self._alias("__typename") + self._condition()
            return self._fragment(parent, depth)
        if chance < 0.25:
            return self._fragment(parent, depth)
        name, field = self._random.choice(sorted(parent.fields.items()))
        return self._field(parent, name, field, depth)

    def _field(self, parent: _Composite, name: str, field: GraphQLField, depth: int) -> str:
        target = get_named_type(field.type)
        arguments = self._arguments.get(f"{parent.name}.{name}", "")
        if not arguments and any(is_non_null_type(argument.type) for argument in field.args.values()):
            return ""
        head = self._alias(name) + arguments + self._condition()
        if is_leaf_type(target):
            return head
        if depth == 0:
            return ""
        return f"{head} {{ {self._selection(_composite(target), depth - 1)} }}"

    def _fragment(self, parent: _Composite, depth: int) -> str:
        names = {parent.name}
        if is_abstract_type(parent):
            names |= {found.name for found in self._schema.get_possible_types(parent)}
        elif isinstance(parent, GraphQLObjectType):
            names |= {found.name for found in parent.interfaces}
        target = _composite(self._schema.type_map[self._random.choice(sorted(names))])
        body = self._selection(target, depth)
        if self._random.random() < 0.3:
            name = f"F{len(self._fragments)}"
            self._fragments.append(f"fragment {name} on {target.name} {{ {body} }}")
            return f"...{name}{self._condition()}"
        return f"... on {target.name}{self._condition()} {{ {body} }}"

    def _alias(self, name: str) -> str:
        if self._random.random() < 0.8:
            return name
        self._aliases += 1
        return f"a{self._aliases}: {name}"

    def _condition(self) -> str:
        if self._random.random() < 0.85:
            return ""
        directive = self._random.choice(["skip", "include"])
        return f" @{directive}(if: {self._random.choice(['$yes', '$no', 'true', 'false'])})"


def _composite(found: GraphQLNamedType) -> _Composite:
    assert isinstance(found, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType)
    return found
