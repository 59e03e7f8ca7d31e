"""What the fields of a document are: their types in the API schema, and their arguments as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphql import (
    DirectiveNode,
    FieldNode,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    VariableNode,
    is_interface_type,
    is_object_type,
    print_ast,
)
from graphql.language import ArgumentNode, Visitor, visit
from graphql.type import SchemaMetaFieldDef, TypeMetaFieldDef

from marquee_router.planning.errors import NormalisationError
from marquee_router.planning.operation import Argument
from marquee_router.planning.source_keys import TYPENAME

_META_FIELDS: Mapping[str, GraphQLOutputType] = {
    TYPENAME: GraphQLNonNull(GraphQLString),
    "__schema": SchemaMetaFieldDef.type,
    "__type": TypeMetaFieldDef.type,
}


class DocumentFields:
    """Reads the field nodes of one document; remembers what it printed."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._arguments: dict[int, tuple[Argument, ...]] = {}

    def arguments(self, node: FieldNode) -> tuple[Argument, ...]:
        """The arguments of a field node as text."""
        found = self._arguments.get(id(node))
        if found is None:
            found = tuple(
                Argument(a.name.value, print_ast(a.value), variable_names([a])) for a in node.arguments or ()
            )
            self._arguments[id(node)] = found
        return found

    def type_of(self, type_name: str, name: str) -> GraphQLOutputType:
        """The type of a field in the API schema, meta fields included. Raises `NormalisationError`."""
        if name in _META_FIELDS:
            return _META_FIELDS[name]
        owner = self._schema.get_type(type_name)
        if (is_object_type(owner) or is_interface_type(owner)) and name in owner.fields:
            output: GraphQLOutputType = owner.fields[name].type
            return output
        raise NormalisationError(f'Type "{type_name}" has no field "{name}"')


class _VariableNames(Visitor):
    """Gathers the names of variables in a value."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names[node.name.value] = None


def variable_names(nodes: Sequence[ArgumentNode | DirectiveNode]) -> tuple[str, ...]:
    """The names of the variables that arguments or directives use, each once, in order."""
    visitor = _VariableNames()
    for node in nodes:
        visit(node, visitor)
    return tuple(visitor.names)
