"""Supergraphs of Federation 1 (`join` v0.1), rewritten in the terms of later versions.

In v0.1, an entity has an owner. A field without `@join__field` belongs to the owner, or to every subgraph if
there is no owner. Key fields belong to every subgraph that has the key. A type without `@join__type` is
declared by every subgraph.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
)
from graphql.language import ConstArgumentNode, NameNode

from marquee_schema.field_set import FieldSetError, FieldSetField, inlined, parse_field_set
from marquee_schema.supergraph.features import Features


def modernise(document: DocumentNode, features: Features, graphs: Iterable[str]) -> DocumentNode:
    """The same supergraph with the join data of v0.2; unchanged if it is not one of v0.1."""
    join = features.by_name["join"]
    if join.version != (0, 1):
        return document
    prefix = join.local_name
    every = tuple(graphs)
    definitions = tuple(
        _modern_type(definition, prefix, every)
        if isinstance(definition, TypeDefinitionNode)
        and not features.is_feature_element(definition.name.value)
        else definition
        for definition in document.definitions
    )
    return replace(document, definitions=definitions)


def _modern_type(node: TypeDefinitionNode, prefix: str, graphs: tuple[str, ...]) -> DefinitionNode:
    directives = node.directives or ()
    types = [d for d in directives if d.name.value == f"{prefix}__type"]
    owner = next((_argument(d, "graph") for d in directives if d.name.value == f"{prefix}__owner"), None)
    declaring = list(dict.fromkeys(_argument(d, "graph") for d in types)) or list(graphs)
    added = [] if types else [_directive(f"{prefix}__type", graph=graph) for graph in graphs]
    if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        added += [
            _directive(f"{prefix}__implements", graph=graph, interface=interface.name.value)
            for graph in declaring
            for interface in node.interfaces or ()
            if graph is not None
        ]
        key_graphs: dict[str, list[str]] = {}
        for directive in types:
            graph, key = _argument(directive, "graph"), _argument(directive, "key")
            if graph is not None and key is not None:
                for item in _top_fields(key):
                    key_graphs.setdefault(item, []).append(graph)
        fields = tuple(
            _modern_field(field, prefix, owner, key_graphs.get(field.name.value, []))
            for field in node.fields or ()
        )
        return replace(node, directives=(*directives, *added), fields=fields)
    if isinstance(node, UnionTypeDefinitionNode):
        added += [
            _directive(f"{prefix}__unionMember", graph=graph, member=member.name.value)
            for graph in declaring
            for member in node.types or ()
            if graph is not None
        ]
    return replace(node, directives=(*directives, *added))


def _modern_field(
    node: FieldDefinitionNode, prefix: str, owner: str | None, key_graphs: list[str]
) -> FieldDefinitionNode:
    directives = node.directives or ()
    applied = [d for d in directives if d.name.value == f"{prefix}__field"]
    named = {_argument(d, "graph") for d in applied}
    others = tuple(d for d in directives if d.name.value != f"{prefix}__field")
    kept = tuple(d for d in applied if _argument(d, "graph") is not None)
    if owner is None:
        return replace(node, directives=others + kept)
    # The owner resolves every field that no subgraph is named for; key fields are resolved by all that have
    # the key.
    graphs = dict.fromkeys([*key_graphs, *([] if kept else [owner])])
    added: list[ConstDirectiveNode] = []
    for graph in graphs:
        if graph not in named:
            provides = next(
                (_argument(d, "provides") for d in applied if _argument(d, "graph") is None), None
            )
            extra = {"provides": provides} if provides is not None else {}
            added.append(_directive(f"{prefix}__field", graph=graph, **extra))
    return replace(node, directives=(*others, *kept, *added))


def _top_fields(key: str) -> list[str]:
    try:
        return [item.name for item in inlined(parse_field_set(key)) if isinstance(item, FieldSetField)]
    except FieldSetError:
        return []  # reported with its line when the type itself is read


def _argument(directive: DirectiveNode, name: str) -> str | None:
    for argument in directive.arguments or ():
        if argument.name.value == name and isinstance(argument.value, EnumValueNode | StringValueNode):
            return argument.value.value
    return None


def _directive(name: str, **arguments: str) -> ConstDirectiveNode:
    return ConstDirectiveNode(
        name=NameNode(value=name),
        arguments=tuple(
            ConstArgumentNode(
                name=NameNode(value=key),
                value=EnumValueNode(value=value) if key == "graph" else StringValueNode(value=value),
            )
            for key, value in arguments.items()
        ),
    )
