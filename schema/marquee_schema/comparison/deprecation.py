"""Deprecations that were added or removed: DEPRECATED and DEPRECATION_REMOVED."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
)

from marquee_schema.comparison.change import Change, ChangeLevel


def deprecation_changes(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[Change]:
    """The changes on elements that both supergraphs have."""
    reasons = dict(_reasons(before))
    for coordinate, new in _reasons(after):
        old = reasons.get(coordinate)
        if coordinate not in reasons or (old is None) == (new is None):
            continue
        if new is not None:
            yield Change(ChangeLevel.SAFE, "DEPRECATED", f"{coordinate} is deprecated: {new}")
        else:
            yield Change(ChangeLevel.SAFE, "DEPRECATION_REMOVED", f"{coordinate} is no longer deprecated.")


def _reasons(schema: GraphQLSchema) -> Iterator[tuple[str, str | None]]:
    for name, candidate in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(candidate, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in candidate.fields.items():
                yield f"{name}.{field_name}", field.deprecation_reason
                for argument_name, argument in field.args.items():
                    yield f"{name}.{field_name}({argument_name}:)", argument.deprecation_reason
        elif isinstance(candidate, GraphQLInputObjectType):
            for field_name, input_field in candidate.fields.items():
                yield f"{name}.{field_name}", input_field.deprecation_reason
        elif isinstance(candidate, GraphQLEnumType):
            for value_name, value in candidate.values.items():
                yield f"{name}.{value_name}", value.deprecation_reason
