"""`@key`, `@requires`, `@provides` and `@tag` in forms that Federation 1 accepted and Federation 2 does
not."""

from dataclasses import replace

from marquee_schema.composition.model import (
    AppliedDirective,
    CompositeType,
    Field,
    InterfaceType,
    NamedType,
    UnionType,
)
from marquee_schema.composition.selected_fields import (
    Resolved,
    ResolvedField,
    canonical_literal,
    resolve,
)
from marquee_schema.composition.subgraph.federation_directives import fields_argument, implementing_fields
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import base_name
from marquee_schema.composition.upgrade.originals import Originals
from marquee_schema.composition.values import EnumLiteral, same_arguments
from marquee_schema.field_set import (
    FieldSet,
    FieldSetError,
    FieldSetSelection,
    parse_field_set,
    print_field_set,
)

_FIELD_SET_DIRECTIVES = ("key", "requires", "provides")


def fix_field_set_arguments(schema: SubgraphSchema) -> None:
    """Replaces a list of strings, or a bare name, by the one string that it stands for: `["id", "sku"]` by
    `"id sku"`."""
    for candidate in schema.composites():
        for element in (candidate, *candidate.fields.values()):
            for applied in element.directives:
                if applied.canonical not in _FIELD_SET_DIRECTIVES:
                    continue
                fields = applied.arguments.get("fields")
                if isinstance(fields, list) and all(isinstance(item, str) for item in fields):
                    applied.arguments = {"fields": " ".join(map(str, fields))}
                elif isinstance(fields, EnumLiteral):
                    applied.arguments = {"fields": str(fields)}


def remove_directives_on_interfaces(schema: SubgraphSchema) -> list[str]:
    """Removes keys and field sets on interfaces, which had no effect; returns the interfaces that had
    keys."""
    with_keys: list[str] = []
    for interface in schema.interfaces():
        if interface.applied("key"):
            with_keys.append(interface.name)
        interface.directives = [a for a in interface.directives if a.canonical != "key"]
        for field in interface.fields.values():
            field.directives = [a for a in field.directives if a.canonical not in ("provides", "requires")]
    return with_keys


def remove_provides_on_leaves(schema: SubgraphSchema) -> None:
    """Removes `@provides` from fields without subfields, where it had no effect."""
    for candidate in schema.objects():
        for field in candidate.fields.values():
            if not isinstance(schema.types.get(base_name(field.type)), CompositeType | UnionType):
                field.directives = [a for a in field.directives if a.canonical != "provides"]


def remove_inactive_selections(schema: SubgraphSchema) -> None:
    """Removes from `@provides` and `@requires` the fields that are not external, which were ignored."""
    for candidate in schema.composites():
        for field in candidate.fields.values():
            for applied in list(field.directives):
                if applied.canonical == "provides":
                    target = schema.types.get(base_name(field.type))
                    if isinstance(target, CompositeType | UnionType):
                        _remove_inactive(schema, field, applied, target)
                elif applied.canonical == "requires":
                    _remove_inactive(schema, field, applied, candidate)


def _remove_inactive(
    schema: SubgraphSchema, field: Field, applied: AppliedDirective, parent: NamedType
) -> None:
    fields = fields_argument(applied)
    if fields is None:
        return
    try:
        selections = parse_field_set(fields)
        resolved = resolve(schema, parent, selections)
    except FieldSetError:
        return
    active = _external_part(schema, resolved)
    # Nothing to remove: the field set stays exactly as it was written.
    if active == selections:
        return
    if active:
        applied.arguments = {"fields": print_field_set(active, canonical_literal)}
    else:
        field.directives.remove(applied)


def _external_part(schema: SubgraphSchema, resolved: tuple[Resolved, ...]) -> FieldSet:
    """The selections that are external or contain an external one."""
    kept: list[FieldSetSelection] = []
    for item in resolved:
        selection = item.selection
        if isinstance(item, ResolvedField) and item.definition and _is_external(schema, item.definition):
            kept.append(selection)
            continue
        children = _external_part(schema, item.children)
        if children:
            kept.append(replace(selection, selections=children))
    return tuple(kept)


def _is_external(schema: SubgraphSchema, field: Field) -> bool:
    if field.applied("external"):
        return True
    return isinstance(field.parent, InterfaceType) and any(
        implementing.applied("external") for implementing in implementing_fields(schema, field)
    )


def remove_tags_on_external(schema: SubgraphSchema, originals: Originals) -> None:
    """Removes a tag from an external field if the subgraph that resolves the field has the same tag."""
    for candidate in schema.composites():
        for field in candidate.fields.values():
            if field.applied("external") and field.applied("tag"):
                field.directives = [
                    applied
                    for applied in field.directives
                    if applied.canonical != "tag"
                    or not _is_tagged_elsewhere(schema, field, applied, originals)
                ]


def _is_tagged_elsewhere(
    schema: SubgraphSchema, field: Field, tag: AppliedDirective, originals: Originals
) -> bool:
    for _, candidate in originals.elsewhere(schema.name, field.parent.name):
        other = candidate.fields.get(field.name)
        if other is None or other.has("external"):
            continue
        if any(same_arguments(tag.arguments, applied.arguments) for applied in other.named("tag")):
            return True
    return False
