"""Value completion (specification 6.4.3, 6.4.4) over data that subgraphs sent.

The slow and complete counterpart of the generated projection: it runs only if a value breaks the schema. Its
messages never contain the value, which may be an enum value or a type that the API schema hides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    is_abstract_type,
    is_specified_scalar_type,
)

from marquee_router.execution.conditions import hold
from marquee_router.execution.projection.generated import GAVE_UP, INTROSPECTION_FIELDS, GeneratedProjection
from marquee_router.planning.plan import ResponseField, ResponseSelection

ResponsePath: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Violation:
    """A value that breaks the schema, and its response path."""

    path: ResponsePath
    message: str
    is_null: bool
    """True for a null in a non-null position: the error of a subgraph may explain it."""


class _Refused(Exception):
    """Unwinds to the nearest nullable position, which becomes null (specification 6.4.4).

    For `{ film { title director { name } } }` with `director: Person!` and `name: String!`, a null `name`
    nulls `director`, which is non-null too, so `film` becomes null.
    """

    def __init__(self, violation: Violation) -> None:
        super().__init__(violation.message)
        self.violation = violation


@dataclass(frozen=True, slots=True)
class _Place:
    """The field under completion: for messages, and for its selection."""

    parent: str
    field: ResponseField

    def __str__(self) -> str:
        return f"{self.parent}.{self.field.name}"


class Completion:
    """One run over the data of one response; `violations` are in document order."""

    def __init__(
        self,
        schema: GraphQLSchema,
        variables: Mapping[str, Any],
        generated: GeneratedProjection | None = None,
        holding: tuple[bool, ...] = (),
    ) -> None:
        """With `generated`, objects without a violation are left to its functions; `holding` is their second
        argument."""
        self._schema = schema
        self._variables = variables
        self._generated = generated.objects if generated is not None else {}
        self._holding = holding
        self.violations: list[Violation] = []

    def root(
        self, response: ResponseSelection, root_type: str, data: Mapping[str, Any]
    ) -> dict[str, Any] | None:
        """The `data` of the response; None if a null reached the root."""
        try:
            return self._object(response, root_type, data, ())
        except _Refused as refused:
            self.violations.append(refused.violation)
            return None

    def _object(
        self,
        selection: ResponseSelection | None,
        type_name: str,
        value: Mapping[str, Any],
        path: ResponsePath,
    ) -> dict[str, Any]:
        fields = selection.by_type.get(type_name, ()) if selection is not None else ()
        generated = self._generated.get((id(fields), type_name)) if path else None
        if generated is not None:
            try:
                return generated(value, self._holding)
            except GAVE_UP:
                pass
        completed: dict[str, Any] = {}
        for field in fields:
            # The order of fields is that of the document (specification 6.3.2). A key whose first
            # occurrence is
            # deferred or excluded in part keeps its place by `reserves`.
            for key, conditions in field.reserves:
                if hold(conditions, self._variables):
                    completed.setdefault(key)
            if self._holds(field):
                field_path = (*path, field.response_key)
                completed[field.response_key] = self._field(field, type_name, value, field_path)
        return completed

    def _holds(self, field: ResponseField) -> bool:
        return hold(field.conditions, self._variables)

    def _field(self, field: ResponseField, parent: str, value: Mapping[str, Any], path: ResponsePath) -> Any:
        if field.name == "__typename":
            return parent
        if field.name in INTROSPECTION_FIELDS:
            return value.get(field.response_key)
        return self._guarded(field.type, value.get(field.source), path, _Place(parent, field))

    def _guarded(self, expected: GraphQLOutputType, value: Any, path: ResponsePath, place: _Place) -> Any:
        """Complete a value; a violation below makes it null if its type is nullable."""
        try:
            return self._value(expected, value, path, place)
        except _Refused as refused:
            if isinstance(expected, GraphQLNonNull):
                raise
            self.violations.append(refused.violation)
            return None

    def _value(self, expected: GraphQLOutputType, value: Any, path: ResponsePath, place: _Place) -> Any:
        if isinstance(expected, GraphQLNonNull):
            completed = self._value(expected.of_type, value, path, place)
            if completed is None:
                message = f"Cannot return null for non-nullable field {place}."
                raise _Refused(Violation(path, message, is_null=True))
            return completed
        if value is None:
            return None
        if isinstance(expected, GraphQLList):
            if not isinstance(value, list):
                raise _Refused(Violation(path, f"Expected a list for field {place}.", is_null=False))
            item_type = cast("GraphQLOutputType", expected.of_type)
            return [self._guarded(item_type, item, (*path, index), place) for index, item in enumerate(value)]
        if isinstance(expected, GraphQLScalarType | GraphQLEnumType):
            return _leaf(expected, value, path, place)
        return self._composite(expected, value, path, place)

    def _composite(self, expected: GraphQLOutputType, value: Any, path: ResponsePath, place: _Place) -> Any:
        if not isinstance(value, dict):
            raise _Refused(Violation(path, f"Expected an object for field {place}.", is_null=False))
        if not is_abstract_type(expected):
            type_name = cast("GraphQLObjectType", expected).name
            return self._object(place.field.selection, type_name, value, path)
        selection, abstract = place.field.selection, expected.name
        if selection is not None and abstract in selection.by_type and value.get("__typename") == abstract:
            if any(f.name == "__typename" and self._holds(f) for f in selection.by_type[abstract]):
                raise _Refused(Violation(path, f"The type of {place} is not known.", is_null=False))
            # An `@interfaceObject` returned it, and no selected field depends on its concrete type.
            return self._object(selection, abstract, value, path)
        runtime_type = _named(self._schema, value.get("__typename"))
        if runtime_type is None or not self._schema.is_sub_type(expected, runtime_type):
            message = f"Field {place} resolved to a type that is no possible type of {expected.name}."
            raise _Refused(Violation(path, message, is_null=False))
        return self._object(place.field.selection, runtime_type.name, value, path)


def _named(schema: GraphQLSchema, name: Any) -> GraphQLObjectType | None:
    found = schema.get_type(name) if isinstance(name, str) else None
    return found if isinstance(found, GraphQLObjectType) else None


def _leaf(
    expected: GraphQLScalarType | GraphQLEnumType, value: Any, path: ResponsePath, place: _Place
) -> Any:
    """Coerce a leaf as the specification allows; a custom scalar is left as the subgraph sent it."""
    if isinstance(expected, GraphQLEnumType):
        if isinstance(value, str) and value in expected.values:
            return value
    elif not is_specified_scalar_type(expected) or (
        expected.name == "Float" and isinstance(value, int | float) and not isinstance(value, bool)
    ):
        return value
    else:
        try:
            return expected.coerce_output_value(value)
        except (GraphQLError, ValueError, OverflowError):
            pass
    message = f"{expected.name} cannot represent the value found for field {place}."
    raise _Refused(Violation(path, message, is_null=False))
