"""Coerces the variables of a request (specification 6.1.2) by a function that is compiled per operation.

Its result is what subgraphs receive: the client's JSON with list coercion and the operation's defaults. The
defaults of input fields are left to the subgraph that defines them, and custom scalars pass unchanged. If a
value does not fit, graphql-core words the errors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLNullableInputType,
    GraphQLSchema,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    TypeNode,
    VariableDefinitionNode,
    get_location,
    get_variable_values,
    is_required_input_field,
    is_specified_scalar_type,
    parse,
    print_ast,
    specified_scalar_types,
    value_from_ast_untyped,
)

from marquee_router.errors import VariablesInvalid

Coerce: TypeAlias = Callable[[Any], Any]
CoerceVariables: TypeAlias = Callable[[Mapping[str, Any]], dict[str, Any]]

_MISSING = object()


class _Refused(Exception):
    """The value does not fit its type; graphql-core finds out why."""


def compile_variables(
    schema: GraphQLSchema,
    definitions: tuple[VariableDefinitionNode, ...],
    coercers: dict[str, Coerce] | None = None,
) -> CoerceVariables:
    """Return a function that coerces the client's variables; it raises `VariablesInvalid`.

    The definitions must be those of a valid operation. `coercers` holds the coercers of the schema's types;
    operations share it.
    """
    if not definitions:
        return lambda provided: {}
    entries: list[tuple[str, Coerce, bool, Any]] = []
    coercers = {} if coercers is None else coercers
    places = {definition.variable.name.value: _place(definition) for definition in definitions}
    definitions = _without_locations(definitions)
    for definition in definitions:
        expected = _declared_type(schema, definition.type)
        check = _coercer(expected, coercers)
        default = definition.default_value
        default_value = _MISSING if default is None else check(value_from_ast_untyped(default))
        required = isinstance(expected, GraphQLNonNull) and default is None
        entries.append((definition.variable.name.value, check, required, default_value))

    def coerce(provided: Mapping[str, Any]) -> dict[str, Any]:
        coerced: dict[str, Any] = {}
        try:
            for name, check, required, default in entries:
                value = provided.get(name, _MISSING)
                if value is not _MISSING:
                    coerced[name] = check(value)
                elif default is not _MISSING:
                    coerced[name] = default
                elif required:
                    raise _Refused
        except (_Refused, RecursionError):
            raise VariablesInvalid(
                "Variables are invalid", errors=_explain(schema, definitions, provided, places)
            ) from None
        return coerced

    return coerce


def _declared_type(schema: GraphQLSchema, node: TypeNode) -> GraphQLInputType:
    """The type of a variable. `Int` is valid in every operation, even if the schema does not use it."""
    if isinstance(node, NonNullTypeNode):
        return GraphQLNonNull(cast("GraphQLNullableInputType", _declared_type(schema, node.type)))
    if isinstance(node, ListTypeNode):
        return GraphQLList(_declared_type(schema, node.type))
    assert isinstance(node, NamedTypeNode)
    name = node.name.value
    return cast("GraphQLInputType", schema.get_type(name) or specified_scalar_types[name])


def _place(definition: VariableDefinitionNode) -> list[dict[str, int]]:
    """The location of a variable definition, in the response format of errors."""
    if definition.loc is None:
        return []
    place = get_location(definition.loc.source, definition.loc.start)
    return [{"line": place.line, "column": place.column}]


def _without_locations(definitions: tuple[VariableDefinitionNode, ...]) -> tuple[VariableDefinitionNode, ...]:
    """Equal definitions whose nodes do not keep the tokens of the whole document alive."""
    text = " ".join(print_ast(definition) for definition in definitions)
    operation = parse(f"query ({text}) {{ a }}", no_location=True).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return tuple(operation.variable_definitions or ())


def _explain(
    schema: GraphQLSchema,
    definitions: tuple[VariableDefinitionNode, ...],
    provided: Mapping[str, Any],
    places: Mapping[str, list[dict[str, int]]],
) -> list[dict[str, Any]]:
    """The errors graphql-core reports for these variables."""
    found = get_variable_values(schema, definitions, dict(provided), max_errors=50)
    errors = found if isinstance(found, list) else [GraphQLError("The variables do not fit their types.")]
    explained: list[dict[str, Any]] = []
    for error in errors:
        formatted: dict[str, Any] = {"message": error.message, "extensions": {"code": VariablesInvalid.code}}
        for node in error.nodes or ():
            if isinstance(node, VariableDefinitionNode) and places[node.variable.name.value]:
                formatted["locations"] = places[node.variable.name.value]
        explained.append(formatted)
    return explained


def _coercer(expected: GraphQLInputType, known: dict[str, Coerce]) -> Coerce:
    """The coercer of a type. Input objects may contain themselves: `known` ends that recursion."""
    if isinstance(expected, GraphQLNonNull):
        return _non_null(_coercer(expected.of_type, known))
    if isinstance(expected, GraphQLList):
        return _list(_coercer(cast("GraphQLInputType", expected.of_type), known))
    name = expected.name
    if name not in known:
        if isinstance(expected, GraphQLInputObjectType):
            # A type that contains itself finds this stand-in, which calls the coercer that is made next.
            known[name] = lambda value: known_object(value)
            known_object = _input_object(expected, known)
            known[name] = known_object
        elif isinstance(expected, GraphQLEnumType):
            known[name] = _enum(frozenset(expected.values))
        elif is_specified_scalar_type(expected):
            known[name] = _SCALARS[name]
        else:
            known[name] = lambda value: value
    return known[name]


def _non_null(inner: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        if value is None:
            raise _Refused
        return inner(value)

    return coerce


def _list(item: Coerce) -> Coerce:
    def coerce(value: Any) -> Any:
        if value.__class__ is list:
            return [item(each) for each in value]
        # List coercion (specification 3.12): a single value stands for a list of one.
        return None if value is None else [item(value)]

    return coerce


def _enum(values: frozenset[str]) -> Coerce:
    def coerce(value: Any) -> Any:
        if value is None or (value.__class__ is str and value in values):
            return value
        raise _Refused

    return coerce


def _input_object(expected: GraphQLInputObjectType, known: dict[str, Coerce]) -> Coerce:
    fields = {name: _coercer(field.type, known) for name, field in expected.fields.items()}
    required = tuple(name for name, field in expected.fields.items() if is_required_input_field(field))
    one_of = expected.is_one_of

    def coerce(value: Any) -> Any:
        if value is None:
            return None
        if not isinstance(value, dict):
            raise _Refused
        coerced: dict[str, Any] = {}
        for name, item in value.items():
            check = fields.get(name)
            if check is None:
                raise _Refused
            coerced[name] = check(item)
        # A required field has no default. Defaults of other fields are the subgraph's business.
        for name in required:
            if name not in coerced:
                raise _Refused
        if one_of and (len(coerced) != 1 or None in coerced.values()):
            raise _Refused
        return coerced

    return coerce


def _int(value: Any) -> Any:
    if value is None:
        return None
    # `1.0` is a valid Int (specification 3.5.1): JSON has one kind of number.
    if value.__class__ is float and value.is_integer():
        value = int(value)
    if value.__class__ is int and -2147483648 <= value <= 2147483647:
        return value
    raise _Refused


def _float(value: Any) -> Any:
    if value is None or value.__class__ is float or value.__class__ is int:
        return value
    raise _Refused


def _string(value: Any) -> Any:
    if value is None or value.__class__ is str:
        return value
    raise _Refused


def _boolean(value: Any) -> Any:
    if value is None or value is True or value is False:
        return value
    raise _Refused


def _id(value: Any) -> Any:
    if value is None or value.__class__ is str:
        return value
    if value.__class__ is float and value.is_integer():
        value = int(value)
    if value.__class__ is int:
        return str(value)
    raise _Refused


_SCALARS: dict[str, Coerce] = {
    "Int": _int,
    "Float": _float,
    "String": _string,
    "Boolean": _boolean,
    "ID": _id,
}
