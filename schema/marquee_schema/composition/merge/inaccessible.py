"""The rules about `@inaccessible` on the supergraph, reported at the places in the subgraphs that an element
was merged from."""

from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import (
    Argument,
    CompositeType,
    DirectiveDefinition,
    Element,
    EnumType,
    InputType,
    Schema,
)
from marquee_schema.composition.report import Place
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_IDENTITY
from marquee_schema.composition.supergraph.api import is_feature_element
from marquee_schema.composition.supergraph.inaccessible import InaccessibleRules


def check_inaccessible(context: MergeContext) -> None:
    """Reports every rule about `@inaccessible` that the supergraph breaks."""
    name = context.features.name_of(INACCESSIBLE_IDENTITY)
    if name is None:
        return
    features = context.linked_features()

    def is_feature(element: Element) -> bool:
        is_directive = isinstance(element, DirectiveDefinition)
        return is_feature_element(element.name, features, is_directive=is_directive)

    for code, message, coordinates in InaccessibleRules(context.merged, name, is_feature).check():
        context.report.error(code, message, _places(context, coordinates))


def _places(context: MergeContext, coordinates: tuple[str, ...]) -> list[Place]:
    return [
        (subgraph.name, element.node)
        for coordinate in coordinates
        for subgraph in context.subgraphs
        if (element := element_at(subgraph, coordinate)) is not None
    ]


def element_at(schema: Schema, coordinate: str) -> Element | None:
    """The element with a schema coordinate, such as `Book`, `Book.title`, `Book.title(short:)` or
    `@tag(name:)`; None if there is none."""
    path, _, argument = coordinate.removesuffix(":)").partition("(")
    owner, _, child = path.partition(".")
    if owner.startswith("@"):
        definition = schema.directives.get(owner[1:])
        return _argument(definition.arguments, argument) if definition and argument else definition
    target = schema.types.get(owner)
    if not child:
        return target
    match target:
        case CompositeType():
            field = target.fields.get(child)
            return _argument(field.arguments, argument) if field and argument else field
        case InputType():
            return target.fields.get(child)
        case EnumType():
            return target.values.get(child)
    return None


def _argument(arguments: dict[str, Argument], name: str) -> Element | None:
    return arguments.get(name)
