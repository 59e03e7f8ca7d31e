"""The rules about `@inaccessible`: without the hidden elements, the rest must be a valid schema.

REFERENCED_INACCESSIBLE, QUERY_ROOT_TYPE_INACCESSIBLE, ONLY_INACCESSIBLE_CHILDREN,
IMPLEMENTED_BY_INACCESSIBLE, REQUIRED_INACCESSIBLE, DEFAULT_VALUE_USES_INACCESSIBLE and
DISALLOWED_INACCESSIBLE.
"""

from collections.abc import Callable, Iterator

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import (
    Argument,
    CompositeType,
    DirectiveDefinition,
    Element,
    EnumType,
    Field,
    InputField,
    InputType,
    NamedType,
    Schema,
    UnionType,
)
from marquee_schema.composition.supergraph.default_references import default_references
from marquee_schema.composition.traversal import argument_sites
from marquee_schema.composition.type_reference import base_name

Finding = tuple[ErrorCode, str, tuple[str, ...]]
"""A code, a message, and the coordinates it is about."""

_TYPE_SYSTEM_LOCATIONS = frozenset(
    (
        "SCHEMA",
        "SCALAR",
        "OBJECT",
        "FIELD_DEFINITION",
        "ARGUMENT_DEFINITION",
        "INTERFACE",
        "UNION",
        "ENUM",
        "ENUM_VALUE",
        "INPUT_OBJECT",
        "INPUT_FIELD_DEFINITION",
    )
)


class InaccessibleRules:
    """Checks a supergraph in which `name` is the directive that hides elements."""

    def __init__(self, schema: Schema, name: str, is_feature: Callable[[Element], bool]) -> None:
        self._schema = schema
        self._name = name
        self._is_feature = is_feature

    def check(self) -> Iterator[Finding]:
        """Every broken rule, type by type."""
        yield from self._references()
        for candidate in self._schema.types.values():
            if self._is_feature(candidate):
                continue
            if self._is_hidden(candidate):
                if candidate.name == self._schema.roots.get("query"):
                    yield (
                        ErrorCode.QUERY_ROOT_TYPE_INACCESSIBLE,
                        f'Type "{candidate.name}" is @inaccessible but is the root query type, which must be'
                        " in the API schema.",
                        (candidate.name,),
                    )
                continue
            yield from self._only_hidden_children(candidate)
            if isinstance(candidate, CompositeType):
                yield from self._implementation(candidate)
            elif isinstance(candidate, InputType):
                yield from self._required_input_fields(candidate)
        yield from self._default_values()
        for definition in self._schema.directives.values():
            yield from self._directive(definition)

    def _is_hidden(self, element: Element) -> bool:
        return bool(element.directives) and element.has(self._name)

    def _is_in_api(self, element: Element) -> bool:
        """True if the element is visible, and so is every element that contains it."""
        if self._is_hidden(element):
            return False
        parent = getattr(element, "parent", None)
        return parent is None or self._is_in_api(parent)

    def _references(self) -> Iterator[Finding]:
        """Visible elements whose type is hidden."""
        for element, reference in self._typed_elements():
            target = self._schema.types.get(base_name(reference))
            if target is not None and self._is_hidden(target) and self._is_in_api(element):
                yield (
                    ErrorCode.REFERENCED_INACCESSIBLE,
                    f'Type "{target.name}" is @inaccessible but is referenced by "{element.coordinate}",'
                    " which is in the API schema.",
                    (target.name, element.coordinate),
                )

    def _typed_elements(self) -> Iterator[tuple[Field | Argument | InputField, str]]:
        for candidate in self._schema.types.values():
            if isinstance(candidate, CompositeType):
                for field in candidate.fields.values():
                    yield field, field.type
                    for argument in field.arguments.values():
                        yield argument, argument.type
            elif isinstance(candidate, InputType):
                for input_field in candidate.fields.values():
                    yield input_field, input_field.type
        for definition in self._schema.directives.values():
            for argument in definition.arguments.values():
                yield argument, argument.type

    def _only_hidden_children(self, candidate: NamedType) -> Iterator[Finding]:
        children: list[Element] = []
        if isinstance(candidate, CompositeType):
            children, what = list(candidate.fields.values()), "fields"
        elif isinstance(candidate, InputType):
            children, what = list(candidate.fields.values()), "input fields"
        elif isinstance(candidate, EnumType):
            children, what = list(candidate.values.values()), "values"
        elif isinstance(candidate, UnionType):
            children, what = [self._schema.types[name] for name in candidate.members], "members"
        if children and all(map(self._is_hidden, children)):
            yield (
                ErrorCode.ONLY_INACCESSIBLE_CHILDREN,
                f'Type "{candidate.name}" is in the API schema but all of its {what} are @inaccessible.',
                (candidate.name, *(child.coordinate for child in children)),
            )

    def _implementation(self, candidate: CompositeType) -> Iterator[Finding]:
        """Hidden fields and arguments that a visible interface promises."""
        interfaces = [
            interface
            for name in candidate.interfaces
            if isinstance(interface := self._schema.types.get(name), CompositeType)
        ]
        for field in candidate.fields.values():
            if self._is_hidden(field):
                for interface in interfaces:
                    promised = interface.fields.get(field.name)
                    if promised is not None and self._is_in_api(promised):
                        yield (
                            ErrorCode.IMPLEMENTED_BY_INACCESSIBLE,
                            f'Field "{field.coordinate}" is @inaccessible but implements the interface field'
                            f' "{promised.coordinate}", which is in the API schema.',
                            (field.coordinate, promised.coordinate),
                        )
                continue
            for argument in field.arguments.values():
                if self._is_hidden(argument):
                    yield from self._hidden_argument(candidate, interfaces, field, argument)

    def _hidden_argument(
        self, candidate: CompositeType, interfaces: list[CompositeType], field: Field, argument: Argument
    ) -> Iterator[Finding]:
        # A client could never call the field: it must give an argument that it cannot see.
        if argument.is_required:
            yield (
                ErrorCode.REQUIRED_INACCESSIBLE,
                f'Argument "{argument.coordinate}" is @inaccessible but is a required argument of its field.',
                (argument.coordinate,),
            )
        for implementation in self._schema.implementations(candidate.name):
            implementing = implementation.fields.get(field.name)
            required = implementing.arguments.get(argument.name) if implementing else None
            if required is not None and required.is_required and self._is_in_api(required):
                yield (
                    ErrorCode.REQUIRED_INACCESSIBLE,
                    f'Argument "{argument.coordinate}" is @inaccessible but is implemented by the required'
                    f' argument "{required.coordinate}", which is in the API schema.',
                    (argument.coordinate, required.coordinate),
                )
        for interface in interfaces:
            promising = interface.fields.get(field.name)
            promised = promising.arguments.get(argument.name) if promising else None
            if promised is not None and self._is_in_api(promised):
                yield (
                    ErrorCode.IMPLEMENTED_BY_INACCESSIBLE,
                    f'Argument "{argument.coordinate}" is @inaccessible but implements the interface argument'
                    f' "{promised.coordinate}", which is in the API schema.',
                    (argument.coordinate, promised.coordinate),
                )

    def _required_input_fields(self, candidate: InputType) -> Iterator[Finding]:
        for field in candidate.fields.values():
            if self._is_hidden(field) and field.is_required:
                yield (
                    ErrorCode.REQUIRED_INACCESSIBLE,
                    f'Input field "{field.coordinate}" is @inaccessible but is a required input field of its'
                    " type.",
                    (field.coordinate,),
                )

    def _default_values(self) -> Iterator[Finding]:
        for user, used in default_references(self._schema):
            owner_is_hidden = self._is_hidden(used.parent)
            if self._is_hidden(used) and not owner_is_hidden and self._is_in_api(user):
                what = "Input field" if isinstance(used, InputField) else "Enum value"
                yield (
                    ErrorCode.DEFAULT_VALUE_USES_INACCESSIBLE,
                    f'{what} "{used.coordinate}" is @inaccessible but is used in the default value of'
                    f' "{user.coordinate}", which is in the API schema.',
                    (used.coordinate, user.coordinate),
                )

    def _directive(self, definition: DirectiveDefinition) -> Iterator[Finding]:
        hidden = [argument for argument, _ in argument_sites(definition) if self._is_hidden(argument)]
        locations = [location for location in definition.locations if location in _TYPE_SYSTEM_LOCATIONS]
        if not hidden or self._is_feature(definition):
            return
        coordinates = tuple(argument.coordinate for argument in hidden)
        if locations:
            yield (
                ErrorCode.DISALLOWED_INACCESSIBLE,
                f'Directive "{definition.coordinate}" cannot use @inaccessible because it may be applied to'
                f" these type-system locations: {', '.join(locations)}.",
                coordinates,
            )
            return
        for argument in definition.arguments.values():
            if argument.is_required and self._is_hidden(argument):
                yield (
                    ErrorCode.REQUIRED_INACCESSIBLE,
                    f'Argument "{argument.coordinate}" is @inaccessible but is a required argument of its'
                    " directive.",
                    (argument.coordinate,),
                )
