"""`@external` in places where Federation 1 demanded it without a meaning. TYPE_WITH_ONLY_UNUSED_EXTERNAL when
a type in use has no other fields."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import CompositeType, Element, NamedType, UnionType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.federation_directives import target_fields
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import base_name
from marquee_schema.composition.upgrade.extensions import is_federation_extension, is_root_extension
from marquee_schema.composition.upgrade.originals import Originals


def remove_external(element: Element) -> None:
    """Removes `@external` from one element."""
    element.directives = [applied for applied in element.directives if applied.canonical != "external"]


def remove_external_on_interfaces(schema: SubgraphSchema) -> None:
    """Removes it from fields of interfaces, which no subgraph resolves."""
    for interface in schema.interfaces():
        for field in interface.fields.values():
            remove_external(field)


def remove_external_on_types(schema: SubgraphSchema) -> None:
    """Removes it from types, where it was accepted and ignored."""
    for candidate in schema.objects():
        remove_external(candidate)


def remove_external_on_extensions(schema: SubgraphSchema, originals: Originals) -> None:
    """Removes it from key fields of extensions, which had to be marked although the subgraph resolves
    them."""
    for candidate in list(schema.composites()):
        if not is_federation_extension(candidate) and not is_root_extension(schema, candidate):
            continue
        keys = candidate.all_applied("key")
        names = [
            field.name
            for key in keys
            for field in target_fields(schema, candidate, key, with_implementations=False)
            if field.parent is candidate
        ]
        # An extension without a key of its own repeats the first key of the type's definition elsewhere.
        if not keys:
            names = list(originals.key_fields_elsewhere(schema.name, candidate.name))
        for name in names:
            if name in candidate.fields:
                remove_external(candidate.fields[name])


def remove_unused_external(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Removes external fields that nothing needs, and types that have no other fields."""
    facts = schema.facts
    unused = {
        field
        for candidate in schema.composites()
        for field in candidate.fields.values()
        if facts.is_external(field) and not facts.is_used(field)
    }
    for candidate in list(schema.composites()):
        candidate.fields = {name: field for name, field in candidate.fields.items() if field not in unused}
        if candidate.fields or schema.roots.get("query") == candidate.name:
            continue
        if _is_referenced(schema, candidate):
            report.error(
                ErrorCode.TYPE_WITH_ONLY_UNUSED_EXTERNAL,
                f'Type "{candidate.name}" contains only external fields and all those fields are unused'
                " (they do not appear in any @key, @provides or @requires).",
                candidate.node,
            )
        else:
            del schema.types[candidate.name]


def _is_referenced(schema: SubgraphSchema, target: NamedType) -> bool:
    if schema.is_root(target.name):
        return True
    for candidate in schema.types.values():
        if isinstance(candidate, UnionType) and target.name in candidate.members:
            return True
        if isinstance(candidate, CompositeType):
            if target.name in candidate.interfaces:
                return True
            if any(base_name(field.type) == target.name for field in candidate.fields.values()):
                return True
    return False
