"""The federation directives: keys, field sets, and the fields that they select."""

from marquee_schema.composition.model import (
    AppliedDirective,
    CompositeType,
    Element,
    Field,
    InterfaceType,
    NamedType,
    Schema,
)
from marquee_schema.composition.selected_fields import fields_selected
from marquee_schema.field_set import FieldSetError, parse_field_set


def is_entity(candidate: Element) -> bool:
    """True if the type has a key."""
    return candidate.applied("key") is not None


def is_key_extension(owner: CompositeType, key: AppliedDirective) -> bool:
    """True if a key is declared on a type extension, by `extend` or by `@extends`."""
    return key.extension is not None or owner.applied("extends") is not None


def fields_argument(directive: AppliedDirective) -> str | None:
    """The `fields` argument of `@key`, `@requires` and `@provides`; None if it is not a string."""
    fields = directive.arguments.get("fields")
    return fields if isinstance(fields, str) else None


def is_resolvable(key: AppliedDirective) -> bool:
    """True if entities can be fetched by this key."""
    return key.arguments.get("resolvable", True) is not False


def target_fields(
    schema: Schema, parent: NamedType, directive: AppliedDirective, *, with_implementations: bool
) -> list[Field]:
    """The fields that a directive's field set selects; stops at the first mistake in it.

    `with_implementations` adds, for a field of an interface, the fields that implement it.
    """
    fields = fields_argument(directive)
    if fields is None:
        return []
    found: list[Field] = []
    try:
        for target in fields_selected(schema, parent, parse_field_set(fields)):
            found.append(target)
            if with_implementations and isinstance(target.parent, InterfaceType):
                found += implementing_fields(schema, target)
    except FieldSetError:
        pass
    return found


def implementing_fields(schema: Schema, target: Field) -> list[Field]:
    """The fields of object types that implement an interface's field."""
    fields = (candidate.fields.get(target.name) for candidate in schema.runtime_types(target.parent.name))
    return [field for field in fields if field is not None]
