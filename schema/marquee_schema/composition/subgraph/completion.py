"""Adds to a subgraph the definitions of the specifications that it uses, and checks those that it contains
itself."""

from collections.abc import Collection, Iterable, Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import (
    Argument,
    DirectiveDefinition,
    EnumType,
    EnumValue,
    NamedType,
    ScalarType,
    Schema,
)
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.specs.definition import DirectiveSpec, FeatureSpec, TypeSpec
from marquee_schema.composition.specs.federation import FEDERATION_1, FEDERATION_IDENTITY
from marquee_schema.composition.specs.known import known_feature
from marquee_schema.composition.specs.link import CORE_IDENTITY, LINK, LINK_IDENTITY
from marquee_schema.composition.subgraph.links import LinkedFeature
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import (
    BUILT_IN_SCALARS,
    TypeReference,
    base_name,
    is_list,
    is_non_null,
    item_of,
    nullable,
)
from marquee_schema.composition.values import MISSING, print_value, same_value

_UNCHECKED = (LINK_IDENTITY, CORE_IDENTITY)
_LOOSE_FIELD_SET_TYPES = ("String", "_FieldSet", "FieldSet")


def complete(schema: SubgraphSchema, on_schema: Collection[str], report: SubgraphReport) -> None:
    """Adds each missing definition of each known feature, and sets the canonical names of federation
    directives.

    `on_schema` are the names of the directives applied to the schema: `@link` is defined even where it has no
    effect.
    """
    federation = schema.federation
    if federation is None:
        _drop_loose_definitions(schema)
        add_elements(schema, FEDERATION_1, None, report)
    for feature in schema.links.by_identity.values() if schema.links else ():
        spec = known_feature(feature.url)
        if spec is None:
            continue
        add_elements(schema, spec, feature, report)
        if feature.url.identity == FEDERATION_IDENTITY:
            schema.canonical_names = {feature.directive_name(name): name for name in spec.directives}
    if schema.links is None and LINK.url.name in on_schema:
        add_elements(schema, LINK, LinkedFeature(LINK.url, LINK.url.name), report)
    if federation is None:
        schema.canonical_names = {name: name for name in FEDERATION_1.directives}


def add_elements(
    schema: SubgraphSchema, spec: FeatureSpec, feature: LinkedFeature | None, report: SubgraphReport
) -> None:
    """Adds the types and directives of a specification, or checks those that exist. Without a feature: those
    of Federation 1."""
    types = {name: feature.type_name(name) if feature else f"_{name}" for name in spec.types}
    for name, type_spec in spec.types.items():
        _add_type(schema, types[name], type_spec, report)
    for name, directive_spec in spec.directives.items():
        actual = feature.directive_name(name) if feature else name
        expected = build_definition(actual, directive_spec, types)
        existing = schema.directives.get(actual)
        if existing is None:
            schema.directives[actual] = expected
            schema.spec_directives.add(actual)
        elif spec.url.identity not in _UNCHECKED:
            _check_definition(schema, expected, existing, report)


def _drop_loose_definitions(schema: SubgraphSchema) -> None:
    """Drops definitions of `@key`, `@requires` and `@provides` with a looser argument or none, as Federation
    1 libraries printed them."""
    for name in ("key", "requires", "provides"):
        definition = schema.directives.get(name)
        if definition is None:
            continue
        fields = definition.arguments.get("fields")
        is_loose = (
            fields is not None and len(definition.arguments) == 1 and fields.type in _LOOSE_FIELD_SET_TYPES
        )
        if not definition.arguments or is_loose:
            del schema.directives[name]


def build_definition(name: str, spec: DirectiveSpec, types: Mapping[str, str]) -> DirectiveDefinition:
    """A directive definition from its specification; `types` names the feature's types."""
    definition = DirectiveDefinition(name=name, locations=spec.locations, repeatable=spec.repeatable)
    for argument in spec.arguments:
        reference = argument.type.format_map(types)
        definition.arguments[argument.name] = Argument(
            name=argument.name, parent=definition, type=reference, default=argument.default
        )
    return definition


def build_type(name: str, spec: TypeSpec) -> NamedType:
    """A type from its specification."""
    if not spec.values:
        return ScalarType(name=name)
    enum = EnumType(name=name)
    for value, description in spec.values:
        enum.values[value] = EnumValue(name=value, description=description, parent=enum)
    return enum


def _add_type(schema: SubgraphSchema, name: str, spec: TypeSpec, report: SubgraphReport) -> None:
    expected = build_type(name, spec)
    existing = schema.types.setdefault(name, expected)
    schema.spec_types.add(name)
    if existing is expected:
        return
    if existing.kind is not expected.kind:
        report.error(
            ErrorCode.TYPE_DEFINITION_INVALID,
            f'Invalid definition for type "{name}": it should be of kind {expected.kind} but is a'
            f" {existing.kind}.",
            existing.node,
        )
    elif isinstance(existing, EnumType) and isinstance(expected, EnumType):
        if set(existing.values) == set(expected.values):
            return
        report.error(
            ErrorCode.TYPE_DEFINITION_INVALID,
            f'Invalid definition for type "{name}": expected values {_names(expected.values)} but found'
            f" {_names(existing.values)}.",
            existing.node,
        )


def _names(names: Iterable[str]) -> str:
    return "[" + ", ".join(sorted(names)) + "]"


def _check_definition(
    schema: Schema, expected: DirectiveDefinition, actual: DirectiveDefinition, report: SubgraphReport
) -> None:
    """Reports a definition in the subgraph that allows more than the specification does."""
    what = f'Invalid definition for directive "@{expected.name}"'
    for problem in _argument_mismatches(schema, expected, actual):
        report.error(ErrorCode.DIRECTIVE_DEFINITION_INVALID, f"{what}: {problem}.", actual.node)
    if actual.repeatable and not expected.repeatable:
        report.error(
            ErrorCode.DIRECTIVE_DEFINITION_INVALID, f"{what}: it should not be repeatable.", actual.node
        )
    if not set(actual.locations) <= set(expected.locations):
        report.error(
            ErrorCode.DIRECTIVE_DEFINITION_INVALID,
            f"{what}: it should have locations {', '.join(expected.locations)}, but found (non-subset)"
            f" {', '.join(actual.locations)}.",
            actual.node,
        )


def _argument_mismatches(
    schema: Schema, expected: DirectiveDefinition, actual: DirectiveDefinition
) -> Iterable[str]:
    for name, argument in expected.arguments.items():
        found = actual.arguments.get(name)
        if found is None:
            if argument.is_required:
                yield f'missing required argument "{name}"'
            continue
        # A subgraph may demand an argument that the specification leaves optional: every application that it
        # accepts is still valid.
        found_type = nullable(found.type) if not is_non_null(argument.type) else found.type
        if found_type != argument.type and not _is_redefinition(schema, argument.type, found_type):
            yield f'argument "{name}" should have type "{argument.type}" but found type "{found.type}"'
        elif not is_non_null(found.type) and not same_value(argument.default, found.default):
            wanted, given = (
                "none" if default is MISSING else print_value(default)
                for default in (argument.default, found.default)
            )
            yield f'argument "{name}" should have default value {wanted} but found default value {given}'
    for name in actual.arguments:
        if name not in expected.arguments:
            yield f'unknown/unsupported argument "{name}"'


def _is_redefinition(schema: Schema, expected: TypeReference, actual: TypeReference) -> bool:
    """True if a custom scalar of the specification is written as a built-in scalar, such as `String` for a
    field set."""
    if is_non_null(expected):
        return is_non_null(actual) and _is_redefinition(schema, nullable(expected), nullable(actual))
    if is_list(expected):
        return is_list(actual) and _is_redefinition(schema, item_of(expected), item_of(actual))
    if base_name(expected) in BUILT_IN_SCALARS or not isinstance(schema.types.get(expected), ScalarType):
        return False
    return not is_non_null(actual) and not isinstance(schema.types.get(actual), ScalarType)
