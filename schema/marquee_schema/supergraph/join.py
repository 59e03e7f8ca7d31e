"""The `join__*` directives of a supergraph: which subgraph declares what, and how.

Reads join v0.2 and later from plain annotations, for two users: the loader has a document, the composer has
what it merged. `join_legacy` rewrites v0.1 in these terms first. Never merges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from graphql import GraphQLError, parse_type, print_ast

from marquee_schema.field_set import FieldSet, FieldSetError, FieldSetField, inlined, parse_field_set
from marquee_schema.supergraph.annotations import Annotation
from marquee_schema.supergraph.errors import error_at
from marquee_schema.supergraph.model import (
    ContextArgument,
    Key,
    Subgraph,
    SubgraphField,
    SubgraphType,
    named_type,
)


@dataclass(frozen=True, slots=True)
class TypeAnnotations:
    """The join directives of one type: `join__type`, `join__implements` and `join__unionMember`.

    `all_members` are the members of a union; `values` are those of an enum with their `join__enumValue`s.
    """

    types: Sequence[Annotation]
    implements: Sequence[Annotation] = ()
    members: Sequence[Annotation] = ()
    all_members: frozenset[str] = frozenset()
    values: Mapping[str, Sequence[Annotation]] = field(default_factory=dict)


class JoinReader:
    """Reads the join data of one element at a time, against the subgraphs of `join__Graph`."""

    def __init__(self, subgraphs: Iterable[Subgraph]) -> None:
        self._by_graph = {subgraph.graph: subgraph.name for subgraph in subgraphs}

    def subgraph_types(self, annotations: TypeAnnotations) -> dict[str, SubgraphType]:
        """Each subgraph's declaration of the type, without its fields."""
        found: dict[str, SubgraphType] = {}
        for annotation in annotations.types:
            name = self._graph(annotation)
            declared = found.get(name, SubgraphType(name))
            found[name] = replace(
                declared,
                keys=declared.keys + self._keys(annotation),
                interface_object=annotation.arguments.get("isInterfaceObject") is True,
            )
        for annotation in annotations.implements:
            declared = self._declared(annotation, found)
            interfaces = declared.interfaces | {str(annotation.arguments.get("interface"))}
            found[declared.subgraph] = replace(declared, interfaces=interfaces)
        self._add_members(annotations, found)
        self._add_values(annotations, found)
        return found

    def _add_members(self, annotations: TypeAnnotations, found: dict[str, SubgraphType]) -> None:
        for annotation in annotations.members:
            declared = self._declared(annotation, found)
            members = declared.members | {str(annotation.arguments.get("member"))}
            found[declared.subgraph] = replace(declared, members=members)
        if annotations.all_members and not annotations.members:
            for name, declared in found.items():
                found[name] = replace(declared, members=annotations.all_members)

    def _add_values(self, annotations: TypeAnnotations, found: dict[str, SubgraphType]) -> None:
        for value, applied in annotations.values.items():
            for owner in [self._graph(annotation) for annotation in applied] or list(found):
                declared = found.get(owner, SubgraphType(owner))
                found[owner] = replace(declared, values=declared.values | {value})

    def _declared(self, annotation: Annotation, found: Mapping[str, SubgraphType]) -> SubgraphType:
        name = self._graph(annotation)
        if name not in found:
            raise error_at(f'subgraph "{name}" does not declare this type', annotation.node)
        return found[name]

    def subgraph_fields(
        self, annotations: Sequence[Annotation], merged: str, types: Mapping[str, SubgraphType]
    ) -> dict[str, SubgraphField]:
        """Each subgraph's declaration of a field, given its `join__field`s and its merged type.

        Without any `join__field`, every subgraph that declares the type declares the field.
        """
        if not annotations:
            return {name: SubgraphField(name, merged) for name in types}
        found: dict[str, SubgraphField] = {}
        for annotation in annotations:
            # `@join__field` without a graph marks a field that only an interface object resolves: no subgraph
            # declares it.
            if annotation.arguments.get("graph") is not None:
                declared = self._subgraph_field(annotation, merged)
                if declared.subgraph not in types:
                    message = f'subgraph "{declared.subgraph}" has this field but not its type'
                    raise error_at(message, annotation.node)
                found[declared.subgraph] = declared
        return found

    def _subgraph_field(self, annotation: Annotation, merged: str) -> SubgraphField:
        arguments = annotation.arguments
        text = arguments.get("type")
        used_overridden = arguments.get("usedOverridden") is True
        return SubgraphField(
            subgraph=self._graph(annotation),
            type=self._type(annotation, text) if isinstance(text, str) else merged,
            # A field that is overridden for good stays declared for a key or an interface, but is never read
            # there. With a label it is read while the label is off.
            external=arguments.get("external") is True
            or (used_overridden and arguments.get("overrideLabel") is None),
            requires=self._field_set(annotation, "requires"),
            provides=self._field_set(annotation, "provides"),
            override=arguments.get("override"),
            override_label=arguments.get("overrideLabel"),
            used_overridden=used_overridden,
            context_arguments=tuple(
                ContextArgument(item["name"], item["type"], item["context"], item["selection"])
                for item in arguments.get("contextArguments") or ()
            ),
        )

    def _type(self, annotation: Annotation, text: str) -> str:
        try:
            return print_ast(parse_type(text, no_location=True))
        except GraphQLError as error:
            raise error_at(f'"{text}" is not a type reference', annotation.node) from error

    def _graph(self, annotation: Annotation) -> str:
        graph = annotation.arguments.get("graph")
        name = self._by_graph.get(str(graph))
        if name is None:
            raise error_at(f"join__Graph has no value {graph}", annotation.node)
        return name

    def _keys(self, annotation: Annotation) -> tuple[Key, ...]:
        text = annotation.arguments.get("key")
        if not isinstance(text, str):
            return ()
        selection = self._field_set(annotation, "key")
        arguments = annotation.arguments
        resolvable, extension = arguments.get("resolvable") is not False, arguments.get("extension") is True
        return (Key(text, selection, resolvable, extension),)

    def _field_set(self, annotation: Annotation, argument: str) -> FieldSet:
        text = annotation.arguments.get(argument)
        if not isinstance(text, str):
            return ()
        try:
            return inlined(parse_field_set(text))
        except FieldSetError as error:
            raise error_at(f'"{text}" is not a field set: {error}', annotation.node) from error


def with_fields(
    types: Mapping[str, SubgraphType], fields: Mapping[str, Mapping[str, SubgraphField]]
) -> dict[str, SubgraphType]:
    """A type's declarations by subgraph, each with its fields; `fields` is by field, then by subgraph."""
    own: dict[str, dict[str, SubgraphField]] = {name: {} for name in types}
    for field_name, by_subgraph in fields.items():
        for name, declared in by_subgraph.items():
            own[name][field_name] = declared
    return {name: replace(declared, fields=own[name]) for name, declared in types.items()}


Fields = Mapping[str, Mapping[str, Mapping[str, SubgraphField]]]
"""Declarations by type, then by field, then by subgraph."""


def with_resolved_keys(types: Mapping[str, Mapping[str, SubgraphType]], fields: Fields) -> Fields:
    """The same fields, with the key fields of type extensions resolved where they are declared.

    Federation 1 demands `@external` on them: `extend type User @key(fields: "id") { id: ID! @external }`. The
    subgraph resolves them all the same, nested ones included.
    """
    keys = {
        (*coordinate, own.subgraph)
        for name, by_subgraph in types.items()
        for own in by_subgraph.values()
        for key in own.keys
        if key.on_extension
        for coordinate in _selected(name, key.selection, fields, own.subgraph)
    }
    if not keys:
        return fields
    return {
        name: {
            field_name: {
                own.subgraph: replace(own, external=own.external and own.used_overridden)
                if (name, field_name, own.subgraph) in keys
                else own
                for own in by_subgraph.values()
            }
            for field_name, by_subgraph in by_field.items()
        }
        for name, by_field in fields.items()
    }


def _selected(
    type_name: str, selection: FieldSet, fields: Fields, subgraph: str
) -> Iterator[tuple[str, str]]:
    """The coordinates of all selected fields."""
    for item in selection:
        if not isinstance(item, FieldSetField):
            yield from _selected(item.type_condition, item.selections, fields, subgraph)
            continue
        yield type_name, item.name
        declared = fields.get(type_name, {}).get(item.name, {}).get(subgraph)
        if item.selections and declared is not None:
            yield from _selected(named_type(declared.type), item.selections, fields, subgraph)
