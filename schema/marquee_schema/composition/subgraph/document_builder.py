"""From a syntax tree to a `SubgraphSchema`: joins definitions with their extensions, resolves links, and adds
the linked specifications.

Reports only why a document is not a schema. Rules about a whole schema are in `validation`.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

from graphql import (
    DirectiveDefinitionNode,
    DocumentNode,
    EnumTypeDefinitionNode,
    EnumTypeExtensionNode,
    InputObjectTypeDefinitionNode,
    InputObjectTypeExtensionNode,
    InterfaceTypeDefinitionNode,
    InterfaceTypeExtensionNode,
    Node,
    ObjectTypeDefinitionNode,
    ObjectTypeExtensionNode,
    ScalarTypeDefinitionNode,
    ScalarTypeExtensionNode,
    SchemaDefinitionNode,
    SchemaExtensionNode,
    StringValueNode,
    UnionTypeDefinitionNode,
    UnionTypeExtensionNode,
)

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import (
    DEFAULT_ROOT_NAMES,
    Element,
    EnumType,
    EnumValue,
    InputType,
    InterfaceType,
    NamedType,
    ObjectType,
    ScalarType,
    UnionType,
)
from marquee_schema.composition.report import Report, SubgraphReport
from marquee_schema.composition.subgraph.completion import complete
from marquee_schema.composition.subgraph.element_builder import ElementBuilder
from marquee_schema.composition.subgraph.linked_features import link_features
from marquee_schema.composition.subgraph.schema import FEDERATION_OPERATION_TYPES, SubgraphSchema
from marquee_schema.composition.type_reference import BUILT_IN_SCALARS

SchemaNode: TypeAlias = SchemaDefinitionNode | SchemaExtensionNode

_DEFINITIONS: dict[type[Node], type[NamedType]] = {
    ScalarTypeDefinitionNode: ScalarType,
    ObjectTypeDefinitionNode: ObjectType,
    InterfaceTypeDefinitionNode: InterfaceType,
    UnionTypeDefinitionNode: UnionType,
    EnumTypeDefinitionNode: EnumType,
    InputObjectTypeDefinitionNode: InputType,
}
_EXTENSIONS: dict[type[Node], type[NamedType]] = {
    ScalarTypeExtensionNode: ScalarType,
    ObjectTypeExtensionNode: ObjectType,
    InterfaceTypeExtensionNode: InterfaceType,
    UnionTypeExtensionNode: UnionType,
    EnumTypeExtensionNode: EnumType,
    InputObjectTypeExtensionNode: InputType,
}
_INVALID = ErrorCode.INVALID_GRAPHQL


def build_subgraph_schema(
    name: str, url: str, document: DocumentNode, report: SubgraphReport
) -> SubgraphSchema:
    """The schema that a document defines; parts that cannot be built are reported and left out."""
    return _DocumentBuilder(SubgraphSchema(name=name, url=url, document=document), report).build(document)


class _DocumentBuilder:
    """Reads a document twice: first the names, so that definitions may come in any order, then their
    contents."""

    def __init__(self, schema: SubgraphSchema, report: SubgraphReport) -> None:
        self._schema = schema
        self._report = report
        self._elements = ElementBuilder(schema, report)
        self._definitions: list[tuple[Node, NamedType]] = []
        self._extensions: list[tuple[Node, NamedType]] = []
        self._schema_nodes: list[SchemaNode] = []

    def build(self, document: DocumentNode) -> SubgraphSchema:
        """The schema, after all passes."""
        directive_nodes = self._register(document)
        for node, target in (*self._definitions, *self._extensions):
            if isinstance(target, EnumType):
                self._add_enum_values(node, target)
        for node in directive_nodes:
            self._schema.directives[node.name.value] = self._elements.directive_definition(node)
        self._set_roots()
        schema_directives = [d for node in self._schema_nodes for d in node.directives or ()]
        before = len(self._report.report.problems)
        self._schema.links = link_features(schema_directives, self._report)
        if len(self._report.report.problems) > before:
            return self._schema
        # Definitions that contradict their specification are reported only if all types exist: a mistyped
        # type name would otherwise be reported a second time as a wrong argument type.
        definitions = SubgraphReport(Report(), self._schema.name)
        complete(self._schema, {directive.name.value for directive in schema_directives}, definitions)
        for node in directive_nodes:
            self._elements.directive_arguments(node)
        for node, target in self._definitions:
            self._fill(node, target, None)
        for node, target in self._extensions:
            self._fill(node, target, node)
        self._add_query_root()
        if not self._elements.has_unknown_types:
            self._report.report.problems.extend(definitions.report.problems)
        for node in self._schema_nodes:
            extension = node if isinstance(node, SchemaExtensionNode) else None
            self._describe(node, self._schema.definition)
            self._schema.definition.directives += self._elements.applied(node.directives, extension)
        return self._schema

    def _register(self, document: DocumentNode) -> list[DirectiveDefinitionNode]:
        directives: dict[str, DirectiveDefinitionNode] = {}
        for node in document.definitions:
            if isinstance(node, SchemaDefinitionNode | SchemaExtensionNode):
                self._schema_nodes.append(node)
            elif isinstance(node, DirectiveDefinitionNode):
                if node.name.value in directives:
                    self._report.error(
                        _INVALID, f'There can be only one directive named "@{node.name.value}".', node
                    )
                if getattr(node, "directives", None):
                    message = f'The definition of "@{node.name.value}" cannot have directives.'
                    self._report.error(_INVALID, message, node)
                directives[node.name.value] = node
            elif type(node) in _DEFINITIONS or type(node) in _EXTENSIONS:
                self._register_type(node)
            else:
                self._report.error(
                    _INVALID,
                    "A subgraph's schema cannot contain operations, fragments or directive extensions.",
                    node,
                )
        # `@link`s on `schema { }` come before those on `extend schema`, wherever the document has them.
        self._schema_nodes.sort(key=lambda node: isinstance(node, SchemaExtensionNode))
        return list(directives.values())

    def _register_type(self, node: Node) -> None:
        name = node.name.value  # type: ignore[attr-defined]  # every type definition and extension has a name
        if name in FEDERATION_OPERATION_TYPES:
            self._schema.spec_types.add(name)
        is_definition = type(node) in _DEFINITIONS
        # `extend scalar String` needs a definition in the same document, which redefines the built-in type.
        if not is_definition and name in BUILT_IN_SCALARS and name not in self._schema.types:
            self._report.error(_INVALID, f'Cannot extend the built-in type "{name}".', node)
            return
        factory = (_DEFINITIONS if is_definition else _EXTENSIONS)[type(node)]
        target = self._schema.types.get(name)
        if target is None:
            target = factory(name=name, node=node, is_defined=False)
            self._schema.types[name] = target
        elif is_definition and target.is_defined:
            self._report.error(_INVALID, f'There can be only one type named "{name}".', node, target.node)
            return
        if type(target) is not factory:
            self._report.error(
                _INVALID,
                f'Type "{name}" is both a {target.kind} and a {factory(name=name).kind}.',
                node,
                target.node,
            )
            return
        if is_definition:
            target.is_defined = True
            target.node = node
            self._definitions.append((node, target))
        else:
            target.extensions.append(node)
            self._extensions.append((node, target))

    def _set_roots(self) -> None:
        roots = self._schema.roots
        for operation, name in DEFAULT_ROOT_NAMES.items():
            if isinstance(self._schema.types.get(name), ObjectType):
                roots[operation] = name
        for node in self._schema_nodes:
            for root in node.operation_types or ():
                name = root.type.name.value
                target = self._schema.types.get(name)
                if isinstance(target, ObjectType):
                    roots[root.operation.value] = name
                else:
                    found = f"a {target.kind}" if target else "unknown"
                    self._report.error(
                        _INVALID,
                        f'The {root.operation.value} root type "{name}" is {found}, not an object type.',
                        root,
                    )

    def _add_query_root(self) -> None:
        """Adds a query type if there is none, since every subgraph answers `_service`."""
        default = DEFAULT_ROOT_NAMES["query"]
        if "query" not in self._schema.roots and default not in self._schema.types:
            self._schema.types[default] = ObjectType(name=default)
            self._schema.roots["query"] = default

    def _fill(self, node: Node, target: NamedType, extension: Node | None) -> None:
        """Adds the contents of one definition or extension to its type."""
        elements = self._elements
        match target:
            case ObjectType() | InterfaceType():
                elements.add_fields(node, target, extension)
                elements.add_interfaces(node, target, extension)
            case UnionType():
                elements.add_members(node, target, extension)
            case InputType():
                elements.add_input_fields(node, target)
            case EnumType():
                for value in _children(node, "values"):
                    target.values[value.name.value].directives += elements.applied(value.directives)
        target.directives += elements.applied(_children(node, "directives"), extension)
        if extension is None:
            self._describe(node, target)

    @staticmethod
    def _add_enum_values(node: Node, target: EnumType) -> None:
        for value in _children(node, "values"):
            name = value.name.value
            if name not in target.values:
                description = value.description.value if value.description else None
                target.values[name] = EnumValue(name=name, description=description, node=value, parent=target)

    @staticmethod
    def _describe(node: Node, target: Element) -> None:
        description = getattr(node, "description", None)
        if isinstance(description, StringValueNode):
            target.description = description.value
        if target.node is None:
            target.node = node


def _children(node: Node, attribute: str) -> Sequence[Any]:
    """A list attribute of a node; the parser leaves some of them None."""
    return getattr(node, attribute, None) or ()
