"""From what was merged to the model that the query graph reads, without printing a supergraph and parsing it
again."""

from collections.abc import Iterator

from graphql import OperationType

from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import (
    CompositeType,
    Element,
    EnumType,
    InputType,
    InterfaceType,
    NamedType,
    ObjectType,
    ScalarType,
    UnionType,
)
from marquee_schema.composition.specs.context import CONTEXT_IDENTITY
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_IDENTITY
from marquee_schema.supergraph.annotations import Annotation
from marquee_schema.supergraph.join import JoinReader, TypeAnnotations, with_fields
from marquee_schema.supergraph.model import JoinedSchema, JoinedType, Subgraph, TypeKind, possible_types

_KINDS: dict[type[NamedType], TypeKind] = {
    ObjectType: TypeKind.OBJECT,
    InterfaceType: TypeKind.INTERFACE,
    UnionType: TypeKind.UNION,
    EnumType: TypeKind.ENUM,
    InputType: TypeKind.INPUT,
    ScalarType: TypeKind.SCALAR,
}


def joined_schema(context: MergeContext) -> JoinedSchema:
    """Which subgraph declares what, as the `join__*` directives of the merged supergraph say."""
    graphs = zip(context.subgraphs, context.join.graphs, strict=True)
    subgraphs = {each.name: Subgraph(each.name, graph, each.url) for each, graph in graphs}
    reader = _TypeReader(context, JoinReader(subgraphs.values()))
    types = {name: reader.read(candidate) for name, candidate in context.merged.types.items()}
    declared = {name: joined for name, joined in types.items() if joined.subgraphs}
    return JoinedSchema(
        subgraphs=subgraphs,
        types=declared,
        root_types={OperationType(operation): name for operation, name in context.merged.roots.items()},
        possible_types=possible_types(declared),
    )


class _TypeReader:
    """Reads the join directives of merged types."""

    def __init__(self, context: MergeContext, join: JoinReader) -> None:
        self._join = join
        self._context = context.features.name_of(CONTEXT_IDENTITY)
        self._inaccessible = context.features.name_of(INACCESSIBLE_IDENTITY)

    def read(self, target: NamedType) -> JoinedType:
        """One type with its declarations; a type of a linked specification has none."""
        members = frozenset(target.members if isinstance(target, UnionType) else ())
        declared = self._join.subgraph_types(
            TypeAnnotations(
                types=_annotations(target, "join__type"),
                implements=_annotations(target, "join__implements"),
                members=_annotations(target, "join__unionMember"),
                all_members=members,
                values={
                    value.name: _annotations(value, "join__enumValue")
                    for value in (target.values.values() if isinstance(target, EnumType) else ())
                },
            )
        )
        composite = target if isinstance(target, CompositeType) else None
        fields = {
            field.name: self._join.subgraph_fields(_annotations(field, "join__field"), field.type, declared)
            for field in (composite.fields.values() if composite else ())
        }
        return JoinedType(
            name=target.name,
            kind=_KINDS[type(target)],
            interfaces=frozenset(composite.interfaces if composite else ()),
            members=members,
            subgraphs=with_fields(declared, fields),
            contexts=frozenset(self._contexts(target)),
            inaccessible=self._inaccessible is not None and target.has(self._inaccessible),
        )

    def _contexts(self, target: NamedType) -> Iterator[str]:
        for applied in target.named(self._context) if self._context is not None else ():
            yield str(applied.arguments.get("name"))


def _annotations(element: Element, name: str) -> list[Annotation]:
    return [Annotation(applied.arguments, None) for applied in element.directives if applied.name == name]
