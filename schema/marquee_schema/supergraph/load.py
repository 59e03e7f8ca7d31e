"""From supergraph SDL to the supergraph model. Owns the order of reading; the readers of each directive are
in files of their own."""

from __future__ import annotations

from collections.abc import Mapping

from graphql import (
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    EnumValueDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    InputObjectTypeDefinitionNode,
    InputValueDefinitionNode,
    InterfaceTypeDefinitionNode,
    ObjectTypeDefinitionNode,
    OperationType,
    ScalarTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from marquee_schema.supergraph.annotations import AnnotationReader
from marquee_schema.supergraph.api import build_api_schema
from marquee_schema.supergraph.errors import SupergraphError, error_at
from marquee_schema.supergraph.features import Features, read_features
from marquee_schema.supergraph.join import JoinReader, TypeAnnotations, with_fields, with_resolved_keys
from marquee_schema.supergraph.join_legacy import modernise
from marquee_schema.supergraph.model import (
    EnumValue,
    Field,
    InputValue,
    Subgraph,
    SubgraphField,
    SubgraphType,
    Supergraph,
    Type,
    TypeKind,
    possible_types,
)

_DEFAULT_ROOTS = {
    OperationType.QUERY: "Query",
    OperationType.MUTATION: "Mutation",
    OperationType.SUBSCRIPTION: "Subscription",
}


def load_supergraph(sdl: str) -> Supergraph:
    """Reads a supergraph SDL of any composer (join v0.1 to v0.6).

    Raises `SupergraphError` when the text is not a supergraph, with the line if one is to blame.
    """
    try:
        document = parse(sdl)
    except GraphQLError as error:
        line = error.locations[0].line if error.locations else None
        raise SupergraphError(error.message, line) from error
    features = read_features(document)
    annotations = AnnotationReader(features)
    subgraphs = _read_subgraphs(document, features, annotations)
    document = modernise(document, features, [subgraph.graph for subgraph in subgraphs])
    types = _TypeReader(features, annotations, JoinReader(subgraphs)).read(document)
    roots = _read_roots(document, types)
    return Supergraph(
        sdl=sdl,
        subgraphs={subgraph.name: subgraph for subgraph in subgraphs},
        types=types,
        root_types=roots,
        possible_types=possible_types(types),
        override_labels=_override_labels(types),
        api_schema=build_api_schema(document, features, annotations),
    )


def _read_subgraphs(
    document: DocumentNode, features: Features, annotations: AnnotationReader
) -> list[Subgraph]:
    enum_name = f"{features.by_name['join'].local_name}__Graph"
    found: list[Subgraph] = []
    for definition in document.definitions:
        if isinstance(definition, EnumTypeDefinitionNode | EnumTypeExtensionNode):
            if definition.name.value != enum_name:
                continue
            for value in definition.values or ():
                graph = annotations.first(value, "join", "graph")
                if graph is None or not isinstance(graph.arguments.get("name"), str):
                    raise error_at(f"{enum_name}.{value.name.value} names no subgraph", value)
                url = graph.arguments.get("url")
                found.append(Subgraph(graph.arguments["name"], value.name.value, url if url else ""))
    if not found:
        raise SupergraphError(f"enum {enum_name} is missing or empty: there are no subgraphs")
    return found


def _read_roots(document: DocumentNode, types: dict[str, Type]) -> dict[OperationType, str]:
    for definition in document.definitions:
        if isinstance(definition, SchemaDefinitionNode) and definition.operation_types:
            return {o.operation: o.type.name.value for o in definition.operation_types}
    return {operation: name for operation, name in _DEFAULT_ROOTS.items() if name in types}


def _override_labels(types: dict[str, Type]) -> frozenset[str]:
    return frozenset(
        declared.override_label
        for item in types.values()
        for field in item.fields.values()
        for declared in field.subgraphs.values()
        if declared.override_label is not None
    )


class _TypeReader:
    """Reads every type of the graph, without those of linked specifications."""

    def __init__(self, features: Features, annotations: AnnotationReader, join: JoinReader) -> None:
        self._features = features
        self._annotations = annotations
        self._join = join

    def read(self, document: DocumentNode) -> dict[str, Type]:
        imported = self._features.imported_types()
        nodes: dict[str, TypeDefinitionNode] = {}
        for definition in document.definitions:
            if isinstance(definition, TypeDefinitionNode):
                name = definition.name.value
                if name in nodes:
                    raise error_at(f'there is more than one type named "{name}"', definition)
                if not self._features.is_feature_element(name) and name not in imported:
                    nodes[name] = definition
        declared = {
            name: self._join.subgraph_types(self._type_annotations(node)) for name, node in nodes.items()
        }
        written = {
            name: {field.name.value: self._subgraph_fields(field, declared[name]) for field in _fields(node)}
            for name, node in nodes.items()
        }
        fields = with_resolved_keys(declared, written)
        return {name: self._type(node, declared[name], fields[name]) for name, node in nodes.items()}

    def _type_annotations(self, node: TypeDefinitionNode) -> TypeAnnotations:
        applied = self._annotations.all
        return TypeAnnotations(
            types=tuple(applied(node, "join", "type")),
            implements=tuple(applied(node, "join", "implements")),
            members=tuple(applied(node, "join", "unionMember")),
            all_members=_members(node),
            values={
                value.name.value: tuple(applied(value, "join", "enumValue"))
                for value in (node.values or () if isinstance(node, EnumTypeDefinitionNode) else ())
            },
        )

    def _subgraph_fields(
        self, node: FieldDefinitionNode, types: dict[str, SubgraphType]
    ) -> dict[str, SubgraphField]:
        annotations = tuple(self._annotations.all(node, "join", "field"))
        return self._join.subgraph_fields(annotations, print_ast(node.type), types)

    def _type(
        self,
        node: TypeDefinitionNode,
        declared: dict[str, SubgraphType],
        fields: Mapping[str, Mapping[str, SubgraphField]],
    ) -> Type:
        note = self._annotations
        return Type(
            name=node.name.value,
            kind=_kind(node),
            fields={f.name.value: self._field(f, fields[f.name.value]) for f in _fields(node)},
            input_fields={
                f.name.value: self._input_value(f)
                for f in (node.fields or () if isinstance(node, InputObjectTypeDefinitionNode) else ())
            },
            interfaces=frozenset(
                i.name.value
                for i in (
                    node.interfaces or ()
                    if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode)
                    else ()
                )
            ),
            members=_members(node),
            values={
                v.name.value: self._enum_value(v)
                for v in (node.values or () if isinstance(node, EnumTypeDefinitionNode) else ())
            },
            subgraphs=with_fields(declared, fields),
            contexts=note.contexts(node),
            inaccessible=note.is_inaccessible(node),
            tags=note.tags(node),
            authorization=note.authorization(node),
            cost=note.cost(node),
        )

    def _field(self, node: FieldDefinitionNode, subgraphs: Mapping[str, SubgraphField]) -> Field:
        note = self._annotations
        return Field(
            name=node.name.value,
            type=print_ast(node.type),
            arguments={a.name.value: self._input_value(a) for a in node.arguments or ()},
            subgraphs=subgraphs,
            inaccessible=note.is_inaccessible(node),
            tags=note.tags(node),
            authorization=note.authorization(node),
            cost=note.cost(node),
            list_size=note.list_size(node),
        )

    def _input_value(self, node: InputValueDefinitionNode) -> InputValue:
        note = self._annotations
        return InputValue(
            name=node.name.value,
            type=print_ast(node.type),
            default=node.default_value,
            inaccessible=note.is_inaccessible(node),
            tags=note.tags(node),
            cost=note.cost(node),
        )

    def _enum_value(self, node: EnumValueDefinitionNode) -> EnumValue:
        note = self._annotations
        return EnumValue(node.name.value, note.is_inaccessible(node), note.tags(node))


def _fields(node: TypeDefinitionNode) -> tuple[FieldDefinitionNode, ...]:
    if isinstance(node, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
        return node.fields or ()
    return ()


def _members(node: TypeDefinitionNode) -> frozenset[str]:
    members = node.types or () if isinstance(node, UnionTypeDefinitionNode) else ()
    return frozenset(member.name.value for member in members)


def _kind(node: TypeDefinitionNode) -> TypeKind:
    match node:
        case ObjectTypeDefinitionNode():
            return TypeKind.OBJECT
        case InterfaceTypeDefinitionNode():
            return TypeKind.INTERFACE
        case UnionTypeDefinitionNode():
            return TypeKind.UNION
        case EnumTypeDefinitionNode():
            return TypeKind.ENUM
        case InputObjectTypeDefinitionNode():
            return TypeKind.INPUT
        case ScalarTypeDefinitionNode():
            return TypeKind.SCALAR
        case _:
            raise error_at("unknown kind of type", node)
