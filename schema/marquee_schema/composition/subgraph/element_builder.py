"""The parts of types: fields, arguments, members and applied directives, with the names that they use
resolved."""

from collections.abc import Iterable
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DirectiveDefinitionNode,
    DirectiveNode,
    InputValueDefinitionNode,
    Node,
    TypeNode,
)

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import (
    AppliedDirective,
    Argument,
    CompositeType,
    DirectiveDefinition,
    Field,
    InputField,
    InputType,
    InterfaceType,
    NamedType,
    ObjectType,
    UnionType,
)
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.specs.built_in import BUILT_IN_DIRECTIVES
from marquee_schema.composition.specs.federation import ALL_FEDERATION_DIRECTIVES
from marquee_schema.composition.subgraph.linked_features import arguments_of
from marquee_schema.composition.subgraph.schema import FEDERATION_OPERATION_FIELDS, SubgraphSchema
from marquee_schema.composition.suggestions import did_you_mean
from marquee_schema.composition.type_reference import BUILT_IN_SCALARS, TypeReference, base_name, reference_of
from marquee_schema.composition.values import MISSING, value_of

_INVALID = ErrorCode.INVALID_GRAPHQL


class ElementBuilder:
    """Builds elements of one schema from syntax nodes; reports unknown and misplaced names."""

    def __init__(self, schema: SubgraphSchema, report: SubgraphReport) -> None:
        self._schema = schema
        self._report = report
        self.has_unknown_types = False

    def applied(
        self, nodes: Iterable[DirectiveNode | ConstDirectiveNode] | None, extension: Node | None = None
    ) -> list[AppliedDirective]:
        """The directives applied at one place."""
        applied: list[AppliedDirective] = []
        for node in nodes or ():
            name = node.name.value
            if name not in self._schema.directives and name not in BUILT_IN_DIRECTIVES:
                self._report.error(
                    _INVALID, f'Unknown directive "@{name}".{self._directive_advice(name)}', node
                )
                continue
            applied.append(
                AppliedDirective(name, arguments_of(node), self._schema.canonical(name), node, extension)
            )
        return applied

    def add_fields(self, node: Any, target: CompositeType, extension: Node | None) -> None:
        """Adds the fields of an object or interface, except `_service` and `_entities` of the federation
        protocol."""
        is_query = self._schema.roots.get("query") == target.name
        for item in node.fields or ():
            name = item.name.value
            if is_query and name in FEDERATION_OPERATION_FIELDS:
                continue
            if name in target.fields:
                earlier = target.fields[name].node
                self._report.error(_INVALID, f'Field "{target.name}.{name}" is defined twice.', item, earlier)
                continue
            field = Field(
                name=name,
                description=item.description.value if item.description else None,
                node=item,
                parent=target,
                type=reference_of(item.type),
                extension=extension,
                directives=self.applied(item.directives),
            )
            self._check_output(field.coordinate, field.type, item.type)
            for argument in item.arguments or ():
                self._add_argument(field, argument, with_directives=True)
            target.fields[name] = field

    def add_interfaces(self, node: Any, target: CompositeType, extension: Node | None) -> None:
        """The interfaces that a type implements."""
        for item in node.interfaces or ():
            name = item.name.value
            if name in target.interfaces:
                self._report.error(_INVALID, f'Type "{target.name}" can only implement "{name}" once.', item)
            elif not isinstance(self._schema.types.get(name), InterfaceType):
                self._report.error(
                    _INVALID, f'Type "{target.name}" implements "{name}", which is no interface.', item
                )
            else:
                target.interfaces[name] = extension

    def add_members(self, node: Any, target: UnionType, extension: Node | None) -> None:
        """The members of a union."""
        for item in node.types or ():
            name = item.name.value
            if name in target.members:
                self._report.error(
                    _INVALID, f'Union "{target.name}" can only include type "{name}" once.', item
                )
            elif not isinstance(self._schema.types.get(name), ObjectType):
                self._report.error(
                    _INVALID, f'Union "{target.name}" includes "{name}", which is no object type.', item
                )
            else:
                target.members[name] = extension

    def add_input_fields(self, node: Any, target: InputType) -> None:
        """The fields of an input object."""
        for item in node.fields or ():
            name = item.name.value
            if name in target.fields:
                earlier = target.fields[name].node
                self._report.error(_INVALID, f'Field "{target.name}.{name}" is defined twice.', item, earlier)
                continue
            field = InputField(
                name=name,
                description=item.description.value if item.description else None,
                node=item,
                parent=target,
                type=reference_of(item.type),
                default=value_of(item.default_value) if item.default_value else MISSING,
                directives=self.applied(item.directives),
            )
            self._check_input(field.coordinate, field.type, item.type)
            target.fields[name] = field

    def directive_definition(self, node: DirectiveDefinitionNode) -> DirectiveDefinition:
        """A directive definition, without the directives applied to its arguments."""
        definition = DirectiveDefinition(
            name=node.name.value,
            description=node.description.value if node.description else None,
            node=node,
            locations=tuple(location.value for location in node.locations),
            repeatable=node.repeatable,
        )
        for argument in node.arguments or ():
            self._add_argument(definition, argument, with_directives=False)
        return definition

    def directive_arguments(self, node: DirectiveDefinitionNode) -> None:
        """Adds the directives on the arguments of a directive definition; called when all directives are
        known."""
        definition = self._schema.directives.get(node.name.value)
        for item in node.arguments or ():
            argument = definition.arguments.get(item.name.value) if definition else None
            if argument is not None:
                argument.directives = self.applied(item.directives)

    def _add_argument(
        self, parent: Field | DirectiveDefinition, node: InputValueDefinitionNode, *, with_directives: bool
    ) -> None:
        name = node.name.value
        argument = Argument(
            name=name,
            description=node.description.value if node.description else None,
            node=node,
            parent=parent,
            type=reference_of(node.type),
            default=value_of(node.default_value) if node.default_value else MISSING,
            directives=self.applied(node.directives) if with_directives else [],
        )
        self._check_input(argument.coordinate, argument.type, node.type)
        parent.arguments[name] = argument

    def _check_output(self, coordinate: str, reference: TypeReference, node: TypeNode) -> None:
        found = self._known_type(reference, node)
        if isinstance(found, InputType):
            self._report.error(
                _INVALID,
                f'The type of "{coordinate}" must be an output type, but "{reference}" is an input type.',
                node,
            )

    def _check_input(self, coordinate: str, reference: TypeReference, node: TypeNode) -> None:
        found = self._known_type(reference, node)
        if isinstance(found, CompositeType | UnionType):
            self._report.error(
                _INVALID,
                f'The type of "{coordinate}" must be an input type, but "{reference}" is a {found.kind}.',
                node,
            )

    def _known_type(self, reference: TypeReference, node: TypeNode) -> NamedType | None:
        name = base_name(reference)
        found = self._schema.types.get(name)
        if found is None and name not in BUILT_IN_SCALARS:
            self.has_unknown_types = True
            known = BUILT_IN_SCALARS | self._schema.types.keys()
            self._report.error(_INVALID, f'Unknown type "{name}".{did_you_mean(name, known)}', node)
        return found

    def _directive_advice(self, name: str) -> str:
        near = did_you_mean(f"@{name}", (f"@{known}" for known in self._schema.directives))
        federation = self._schema.federation
        if name in ALL_FEDERATION_DIRECTIVES:
            if federation is None:
                return (
                    f' If you meant the federation directive "@{name}", note that this subgraph is a'
                    " Federation 1 schema:"
                    ' link to a federation 2 version with @link(url: "https://specs.apollo.dev/federation/v2.x").'
                )
            actual = federation.directive_name(name)
            return (
                f' If you meant the federation directive "@{name}", add it to the `import` of the @link to'
                " federation, or"
                f' write "@{actual}"; it may need a newer version than {federation.url.version}.'
            )
        return near
