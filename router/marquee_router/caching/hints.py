"""Reads the `@cacheControl` directives of a supergraph, by whatever name they are linked there.

`field_policies` has their rules. A supergraph has the directive if its subgraphs compose it by
`@composeDirective`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from graphql import (
    DirectiveNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    value_from_ast_untyped,
)

from marquee_schema.supergraph import Supergraph
from marquee_schema.supergraph.features import Features, read_features

DIRECTIVE: Final = "cacheControl"


class Scope(StrEnum):
    """Who may share a reply."""

    PUBLIC = "PUBLIC"
    PRIVATE = "PRIVATE"


@dataclass(frozen=True, slots=True)
class Hint:
    """One application of `@cacheControl`."""

    max_age: int | None = None
    """In seconds; None: not given."""
    scope: Scope | None = None
    inherits: bool = False
    """`inheritMaxAge`: as long as the parent object."""


NO_HINT: Final = Hint()


@dataclass(frozen=True, slots=True)
class Hints:
    """All applications in a supergraph."""

    types: dict[str, Hint] = field(default_factory=dict)
    """By name of an object type, an interface or a union."""
    fields: dict[tuple[str, str], Hint] = field(default_factory=dict)
    """By type and field."""

    def __bool__(self) -> bool:
        return bool(self.types or self.fields)


def read_hints(supergraph: Supergraph) -> Hints:
    """Return the hints of a supergraph; its text is parsed again only if it has any.

    A field that an `@interfaceObject` gives to a concrete type has the hint of the interface's field.
    """
    hints = Hints()
    if DIRECTIVE not in supergraph.sdl:
        return hints
    document = parse(supergraph.sdl, no_location=True)
    name = _local_name(read_features(document))
    for definition in document.definitions:
        if not isinstance(
            definition, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode | UnionTypeDefinitionNode
        ):
            continue
        type_name = definition.name.value
        found = _hint(definition.directives or (), name)
        if found is not None:
            hints.types[type_name] = found
        if isinstance(definition, UnionTypeDefinitionNode):
            continue
        for each in definition.fields or ():
            found = _hint(each.directives or (), name)
            if found is not None:
                hints.fields[type_name, each.name.value] = found
    _inherit_from_interface_objects(supergraph, hints)
    return hints


def _inherit_from_interface_objects(supergraph: Supergraph, hints: Hints) -> None:
    for type_name, definition in supergraph.types.items():
        for field_name, each in definition.fields.items():
            if each.subgraphs or (type_name, field_name) in hints.fields:
                continue
            for interface in sorted(definition.interfaces):
                found = hints.fields.get((interface, field_name))
                if found is not None:
                    hints.fields[type_name, field_name] = found
                    break


def _local_name(features: Features) -> str:
    """The name of the directive in this supergraph: `@link` may rename it."""
    for linked in features.by_name.values():
        local = linked.imports.get(f"@{DIRECTIVE}")
        if local is not None:
            return local.removeprefix("@")
        if linked.name.rpartition("/")[2] == DIRECTIVE:
            return linked.local_name
    return DIRECTIVE


def _hint(directives: Iterable[DirectiveNode], name: str) -> Hint | None:
    for directive in directives:
        if directive.name.value == name:
            arguments: dict[str, Any] = {
                argument.name.value: value_from_ast_untyped(argument.value)
                for argument in directive.arguments or ()
            }
            max_age, scope = arguments.get("maxAge"), arguments.get("scope")
            return Hint(
                max(0, max_age) if isinstance(max_age, int) else None,
                Scope(scope) if scope in tuple(Scope) else None,
                arguments.get("inheritMaxAge") is True,
            )
    return None
