"""Resolving entities: `_entities` asks each type for each representation, so only a DataLoader makes it one
batch.

An entity type defines

    @classmethod
    async def resolve_reference(cls, info: Info, representation: Representation) -> Self | None:
        row = await info.context.loaders(info.context.service.users_by_id).load(representation.id("usr"))
        return None if row is None else cls.of(row)

A type without `resolve_reference` that holds nothing but its key (a stub of another subgraph's entity) may
define `of_reference(representation)` instead, which loads nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from graphql import GraphQLError

from marquee_subgraphs.kit.graphql.scalars import parse_decimal
from marquee_subgraphs.kit.money import Currency, Money


class InvalidRepresentation(GraphQLError):
    """A representation lacks a field that this subgraph declared in `@key` or `@requires`."""


class Representation(Mapping[str, Any]):
    """One representation as the router sent it: field names as in the schema, values as in JSON."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> Any:
        try:
            return self._fields[name]
        except KeyError:
            raise InvalidRepresentation(f"the representation lacks {name}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @property
    def typename(self) -> str:
        """The type that the router asks for."""
        return str(self["__typename"])

    def text(self, name: str = "id") -> str:
        """Return a text field, by default `id`. Raises `InvalidRepresentation`."""
        value = self[name]
        if not isinstance(value, str) or len(value) > 400:
            raise InvalidRepresentation(f"the representation's {name} is not text")
        return value

    def money(self, name: str) -> Money:
        """Return a `Money` that `@requires(fields: "name { amount currency }")` brought.

        Raises `InvalidRepresentation`.
        """
        value = self[name]
        try:
            return Money.of(parse_decimal(value["amount"]), Currency(value["currency"]))
        except (TypeError, KeyError, ValueError) as error:
            raise InvalidRepresentation(f"the representation's {name} is not money") from error

    def decimal(self, name: str) -> Decimal:
        """Return a `Decimal` field."""
        return parse_decimal(self[name])


def resolve_representation(origin: type, info: Any, fields: Mapping[str, Any]) -> Any:
    """Start resolving one representation; return a value, an awaitable, or an error for this entity alone."""
    representation = Representation(fields)
    resolver = getattr(origin, "resolve_reference", None)
    try:
        if resolver is not None:
            return resolver(info, representation)
        return origin.of_reference(representation)  # type: ignore[attr-defined]  # checked by build_schema
    except Exception as error:  # noqa: BLE001  # one bad representation must not fail the others; masked as any error
        return error
