"""Type extensions, which marked types of other subgraphs in Federation 1. EXTENSION_WITH_NO_BASE when no
subgraph defines the type."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import CompositeType, ObjectType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.upgrade.originals import Originals


def is_federation_extension(candidate: CompositeType) -> bool:
    """True if this subgraph only extends the type, by `extend` or by `@extends`."""
    if candidate.applied("extends") is not None:
        return True
    return bool(candidate.extensions) and not candidate.is_defined


def is_root_extension(schema: SubgraphSchema, candidate: CompositeType) -> bool:
    """True if this subgraph only extends a root type. That says nothing: every subgraph may have root
    fields."""
    return (
        isinstance(candidate, ObjectType)
        and schema.is_root(candidate.name)
        and is_federation_extension(candidate)
    )


def check_extensions_have_base(schema: SubgraphSchema, originals: Originals, report: SubgraphReport) -> None:
    """Reports each extended type that no other subgraph defines."""
    for candidate in schema.composites():
        if is_root_extension(schema, candidate) or not is_federation_extension(candidate):
            continue
        if not any(other.is_defined for _, other in originals.elsewhere(schema.name, candidate.name)):
            report.error(
                ErrorCode.EXTENSION_WITH_NO_BASE,
                f'Type "{candidate.name}" is an extension type, but there is no type definition for'
                f' "{candidate.name}" in any subgraph.',
                candidate.extensions[0] if candidate.extensions else candidate.node,
            )


def remove_extensions(schema: SubgraphSchema) -> None:
    """Turns extensions into definitions: in Federation 2, every subgraph defines the types that it has."""
    for candidate in schema.composites():
        if is_federation_extension(candidate):
            candidate.extensions.clear()
            candidate.is_defined = True
            for applied in candidate.directives:
                applied.extension = None
            for field in candidate.fields.values():
                field.extension = None
