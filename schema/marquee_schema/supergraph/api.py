"""The API schema of a supergraph: its types without definitions of linked specifications and without anything
inaccessible.

The result is an ordinary `GraphQLSchema` for validation and introspection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from graphql import (
    ConstDirectiveNode,
    DefinitionNode,
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    FieldDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    InputObjectTypeDefinitionNode,
    InterfaceTypeDefinitionNode,
    NamedTypeNode,
    ObjectTypeDefinitionNode,
    OperationTypeDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
    UnionTypeDefinitionNode,
    build_ast_schema,
    specified_scalar_types,
    validate_schema,
    visit,
)
from graphql.language import Visitor

from marquee_schema.supergraph.annotations import Annotated, AnnotationReader
from marquee_schema.supergraph.errors import SupergraphError, error_at
from marquee_schema.supergraph.features import Features

_KEPT_DIRECTIVES = frozenset({"deprecated", "specifiedBy"})
_Node = TypeVar("_Node", bound=Annotated)


def build_api_schema(
    document: DocumentNode, features: Features, annotations: AnnotationReader
) -> GraphQLSchema:
    """The API schema. Raises `SupergraphError` when the visible part is not a valid GraphQL schema."""
    projected = _Projection(document, features, annotations).document()
    try:
        schema = build_ast_schema(projected)
    except GraphQLError as error:
        line = error.locations[0].line if error.locations else None
        raise SupergraphError(error.message, line) from error
    except TypeError as error:
        raise error_at(str(error), _unknown_type(document)) from error
    problems = validate_schema(schema)
    for problem in problems:
        if not _is_tolerated(problem):
            line = problem.locations[0].line if problem.locations else None
            raise SupergraphError(problem.message, line)
    # graphql-core validates a schema again with each operation, unless it is built as valid.
    return build_ast_schema(projected, assume_valid=True) if problems else schema


def _is_tolerated(problem: GraphQLError) -> bool:
    """True if a field is deprecated and the interface's field that it implements is not.

    GraphQL forbids this since September 2025. Composers accept it: one subgraph may deprecate `Book.id` while
    another declares `interface Node { id: ID! }`.
    """
    return problem.message.endswith("must not be deprecated.")


class _TypeNames(Visitor):
    """Collects the named types that a document refers to."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: list[NamedTypeNode] = []

    def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
        self.nodes.append(node)


def _unknown_type(document: DocumentNode) -> NamedTypeNode | None:
    defined = {d.name.value for d in document.definitions if isinstance(d, TypeDefinitionNode)}
    names = _TypeNames()
    visit(document, names)
    known = defined | set(specified_scalar_types)
    return next((node for node in names.nodes if node.name.value not in known), None)


class _Projection:
    """Rewrites definitions one by one, without what is hidden."""

    def __init__(self, document: DocumentNode, features: Features, annotations: AnnotationReader) -> None:
        self._features = features
        self._annotations = annotations
        self._imported = features.imported_types()
        self._definitions = [d for d in document.definitions if not self._is_feature_element(d)]
        self._hidden = {
            d.name.value
            for d in self._definitions
            if isinstance(d, TypeDefinitionNode) and annotations.is_inaccessible(d)
        }

    def document(self) -> DocumentNode:
        projected = (self._definition(d) for d in self._definitions)
        return DocumentNode(definitions=tuple(d for d in projected if d is not None))

    def _is_feature_element(self, node: DefinitionNode) -> bool:
        if isinstance(node, DirectiveDefinitionNode):
            name = node.name.value
            # `core` is the older name of `link`; neither is always linked under its own name.
            return name in ("core", "link") or self._features.is_feature_directive(name)
        if isinstance(node, TypeDefinitionNode):
            return self._features.is_feature_element(node.name.value) or node.name.value in self._imported
        return False

    def _definition(self, node: DefinitionNode) -> DefinitionNode | None:
        if isinstance(node, TypeDefinitionNode):
            return None if node.name.value in self._hidden else self._type(node)
        if isinstance(node, DirectiveDefinitionNode):
            return replace(node, arguments=self._visible(node.arguments))
        if isinstance(node, SchemaDefinitionNode):
            roots = tuple(o for o in node.operation_types or () if self._root_is_visible(o))
            return replace(node, directives=(), operation_types=roots)
        return node

    def _root_is_visible(self, node: OperationTypeDefinitionNode) -> bool:
        return node.type.name.value not in self._hidden

    def _type(self, node: TypeDefinitionNode) -> TypeDefinitionNode:
        bare = replace(node, directives=_kept(node))
        if isinstance(bare, ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode):
            interfaces = tuple(i for i in bare.interfaces or () if i.name.value not in self._hidden)
            fields = self._visible(bare.fields, self._field)
            return replace(bare, interfaces=interfaces, fields=fields)
        if isinstance(bare, UnionTypeDefinitionNode):
            return replace(bare, types=tuple(t for t in bare.types or () if t.name.value not in self._hidden))
        if isinstance(bare, EnumTypeDefinitionNode):
            return replace(bare, values=self._visible(bare.values))
        if isinstance(bare, InputObjectTypeDefinitionNode):
            return replace(bare, fields=self._visible(bare.fields))
        return bare

    def _field(self, node: FieldDefinitionNode) -> FieldDefinitionNode:
        return replace(node, arguments=self._visible(node.arguments))

    def _visible(
        self, nodes: Sequence[_Node] | None, then: Callable[[_Node], _Node] | None = None
    ) -> tuple[_Node, ...]:
        visible = (n for n in nodes or () if not self._annotations.is_inaccessible(n))
        stripped = (replace(n, directives=_kept(n)) for n in visible)  # type: ignore[type-var]  # nodes are dataclasses
        return tuple(then(n) if then else n for n in stripped)


def _kept(node: Annotated) -> tuple[ConstDirectiveNode, ...]:
    kept = (
        _KEPT_DIRECTIVES | {"oneOf"} if isinstance(node, InputObjectTypeDefinitionNode) else _KEPT_DIRECTIVES
    )
    return tuple(d for d in node.directives or () if d.name.value in kept)  # type: ignore[misc]  # constant
