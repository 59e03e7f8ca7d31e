"""The API schema: the supergraph without annotations, definitions of features, and inaccessible elements."""

from collections.abc import Collection, Iterator

from marquee_schema.composition.model import (
    AppliedDirective,
    Argument,
    CompositeType,
    DirectiveDefinition,
    Element,
    EnumType,
    EnumValue,
    Field,
    InputField,
    InputType,
    NamedType,
    Schema,
    UnionType,
)
from marquee_schema.composition.specs.built_in import BUILT_IN_DIRECTIVES
from marquee_schema.composition.subgraph.links import LinkedFeature

_HIDDEN_BUILT_INS = ("defer", "stream")


def is_feature_element(name: str, features: Collection[LinkedFeature], *, is_directive: bool) -> bool:
    """True if a definition belongs to a linked feature."""
    for feature in features:
        # A feature linked as `tag` owns `@tag`, `@tag__x` and what is imported from it. A type named `tag` is
        # the graph's own.
        if name.startswith(f"{feature.alias}__") or (is_directive and name == feature.alias):
            return True
        marked = f"@{name}" if is_directive else name
        if any(imported.alias == marked for imported in feature.imports):
            return True
    return False


def api_schema(supergraph: Schema, features: Collection[LinkedFeature], inaccessible: str | None) -> Schema:
    """A new schema with what clients may see; `inaccessible` is the supergraph's name of `@inaccessible`."""
    return _ApiView(supergraph, features, inaccessible).build()


class _ApiView:
    """Copies the visible part of a supergraph."""

    def __init__(
        self, supergraph: Schema, features: Collection[LinkedFeature], inaccessible: str | None
    ) -> None:
        self._supergraph = supergraph
        self._inaccessible = inaccessible
        self._directives = {
            name: definition
            for name, definition in supergraph.directives.items()
            if not is_feature_element(name, features, is_directive=True) and name not in _HIDDEN_BUILT_INS
        }
        self._types = {
            name: target
            for name, target in supergraph.types.items()
            if not is_feature_element(name, features, is_directive=False) and self._is_visible(target)
        }

    def build(self) -> Schema:
        """The API schema."""
        api = Schema()
        for name, target in self._types.items():
            api.types[name] = self._type(target)
        for name, definition in self._directives.items():
            api.directives[name] = self._definition(definition)
        roots = self._supergraph.roots.items()
        api.roots = {operation: name for operation, name in roots if name in api.types}
        api.definition.description = self._supergraph.definition.description
        api.definition.directives = self._applied(self._supergraph.definition)
        return api

    def _is_visible(self, element: Element) -> bool:
        return self._inaccessible is None or not element.has(self._inaccessible)

    def _applied(self, element: Element) -> list[AppliedDirective]:
        return [
            applied
            for applied in element.directives
            if applied.name in self._directives or applied.name in BUILT_IN_DIRECTIVES
        ]

    def _type(self, target: NamedType) -> NamedType:
        copy = type(target)(
            name=target.name, description=target.description, directives=self._applied(target)
        )
        if isinstance(target, CompositeType) and isinstance(copy, CompositeType):
            copy.interfaces = {name: None for name in target.interfaces if name in self._types}
            for field in target.fields.values():
                if self._is_visible(field):
                    copy.fields[field.name] = self._field(field, copy)
        elif isinstance(target, InputType) and isinstance(copy, InputType):
            for input_field in target.fields.values():
                if self._is_visible(input_field):
                    copy.fields[input_field.name] = InputField(
                        name=input_field.name,
                        parent=copy,
                        type=input_field.type,
                        default=input_field.default,
                        description=input_field.description,
                        directives=self._applied(input_field),
                    )
        elif isinstance(target, EnumType) and isinstance(copy, EnumType):
            for value in target.values.values():
                if self._is_visible(value):
                    copy.values[value.name] = EnumValue(
                        name=value.name,
                        parent=copy,
                        description=value.description,
                        directives=self._applied(value),
                    )
        elif isinstance(target, UnionType) and isinstance(copy, UnionType):
            copy.members = {name: None for name in target.members if name in self._types}
        return copy

    def _field(self, field: Field, parent: CompositeType) -> Field:
        copy = Field(
            name=field.name,
            parent=parent,
            type=field.type,
            description=field.description,
            directives=self._applied(field),
        )
        copy.arguments = {argument.name: argument for argument in self._arguments(field, copy)}
        return copy

    def _definition(self, definition: DirectiveDefinition) -> DirectiveDefinition:
        copy = DirectiveDefinition(
            name=definition.name,
            description=definition.description,
            locations=definition.locations,
            repeatable=definition.repeatable,
        )
        copy.arguments = {argument.name: argument for argument in self._arguments(definition, copy)}
        return copy

    def _arguments(
        self, owner: Field | DirectiveDefinition, copy: Field | DirectiveDefinition
    ) -> Iterator[Argument]:
        for argument in owner.arguments.values():
            if self._is_visible(argument):
                yield Argument(
                    name=argument.name,
                    parent=copy,
                    type=argument.type,
                    default=argument.default,
                    description=argument.description,
                    directives=self._applied(argument),
                )
