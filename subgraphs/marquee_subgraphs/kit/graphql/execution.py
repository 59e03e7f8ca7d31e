"""The executor of subgraphs: graphql-core's, with a fast path for plain attributes of leaf types.

Most selected fields are such (a seat map has hundreds), and most of the cost of a field is what only a
resolver needs: its info, its arguments, its path. Whatever is unusual about a value (a null in a non-null
position, an error, an awaitable, a value that does not serialise) takes the ordinary path, which reports it.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Final

from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    is_leaf_type,
)
from graphql.execution.collect_fields import GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

PlainFields = dict[str, dict[str, tuple[str, Any]]]
"""By type and field: the attribute, and the function that serialises it."""
PLAIN_FIELDS: Final = "marquee.plain_fields"
_UNUSUAL: Final = object()


def find_plain_fields(schema: GraphQLSchema) -> PlainFields:
    """Find the fields that are read from an attribute and are of a scalar or enum type."""
    plain: PlainFields = {}
    for type_ in schema.type_map.values():
        if not isinstance(type_, GraphQLObjectType):
            continue
        fields: dict[str, tuple[str, Any]] = {}
        for name, field in type_.fields.items():
            declared = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
            named = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
            if isinstance(declared, StrawberryField) and declared.is_basic_field and is_leaf_type(named):
                fields[name] = (declared.python_name, named.coerce_output_value)
        plain[type_.name] = fields
    return plain


class SubgraphExecutor(StrawberryGraphQLCoreExecutionContext):
    """Reads plain fields directly and executes the others as graphql-core does, in the order of the
    selection.
    """

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        plain = self.schema.extensions[PLAIN_FIELDS].get(parent_type.name)
        if not plain:
            return super().execute_fields(
                parent_type, source_value, path, grouped_field_set, position_context
            )
        values: dict[str, Any] = {}
        others: GroupedFieldSet = {}
        for response_name, details in grouped_field_set.items():
            name = details[0].node.name.value
            value = parent_type.name if name == "__typename" else _read(plain.get(name), source_value)
            if value is _UNUSUAL:
                others[response_name] = details
            # A placeholder for the others, so that the answer has the order of the selection.
            values[response_name] = value
        if not others:
            return values
        executed = super().execute_fields(parent_type, source_value, path, others, position_context)
        if isinstance(executed, dict):
            return _join(values, executed)
        return _join_later(values, executed)


def _read(field: tuple[str, Any] | None, source: Any) -> Any:
    if field is None:
        return _UNUSUAL
    attribute, serialize = field
    try:
        value = getattr(source, attribute)
        if value is None or isinstance(value, Exception):
            return _UNUSUAL
        serialized = serialize(value)
    except Exception:  # noqa: BLE001  # whatever it is, the ordinary way meets it again and reports it
        return _UNUSUAL
    return _UNUSUAL if serialized is None or serialized is Undefined else serialized


def _join(values: dict[str, Any], executed: dict[str, Any]) -> dict[str, Any]:
    values.update(executed)
    for response_name in [name for name, value in values.items() if value is _UNUSUAL]:
        del values[response_name]  # a field that the schema lacks is left out, as graphql-core does
    return values


async def _join_later(values: dict[str, Any], executed: Awaitable[dict[str, Any]]) -> dict[str, Any]:
    return _join(values, await executed)
