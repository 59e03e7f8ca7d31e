"""INVALID_LINK_DIRECTIVE_USAGE: the namespaced name of an imported element may not be defined and used."""

from collections.abc import Iterator

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import CompositeType, Element, InputType, UnionType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.traversal import directive_sites
from marquee_schema.composition.type_reference import base_name


def check_shadowed_imports(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Reports, for example, a definition and use of `@federation__key` where `@key` is imported: it would be
    unclear which of them is the key."""
    links = schema.links
    if links is None:
        return
    for name, element, is_directive in _definitions(schema):
        shadowing = links.shadowing_import(name, is_directive=is_directive)
        if shadowing is None or not (
            _is_applied(schema, name) if is_directive else _is_referenced(schema, name)
        ):
            continue
        feature, imported = shadowing
        report.error(
            ErrorCode.INVALID_LINK_DIRECTIVE_USAGE,
            f'Cannot import {imported} from feature "{feature.url.identity}" since there is a used'
            " definition for the"
            f' namespaced name "{element.coordinate}". Please use the imported name everywhere.',
            element.node,
        )


def _definitions(schema: SubgraphSchema) -> Iterator[tuple[str, Element, bool]]:
    for name, candidate in schema.types.items():
        if "__" in name:
            yield name, candidate, False
    for name, definition in schema.directives.items():
        yield name, definition, True


def _is_applied(schema: SubgraphSchema, name: str) -> bool:
    return any(element.has(name) for element, _ in directive_sites(schema))


def _is_referenced(schema: SubgraphSchema, name: str) -> bool:
    for candidate in schema.types.values():
        if isinstance(candidate, CompositeType):
            if name in candidate.interfaces:
                return True
            for field in candidate.fields.values():
                references = (field.type, *(argument.type for argument in field.arguments.values()))
                if name in map(base_name, references):
                    return True
        elif isinstance(candidate, InputType):
            if any(base_name(field.type) == name for field in candidate.fields.values()):
                return True
        elif isinstance(candidate, UnionType) and name in candidate.members:
            return True
    return False
