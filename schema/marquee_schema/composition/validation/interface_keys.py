"""INTERFACE_KEY_NOT_ON_IMPLEMENTATION: an interface's key must be a key of each of its implementations."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import AppliedDirective, InterfaceType, ObjectType
from marquee_schema.composition.report import SubgraphReport, listed
from marquee_schema.composition.selected_fields import normalized
from marquee_schema.composition.subgraph.federation_directives import fields_argument, is_resolvable
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.validation.field_sets import describe
from marquee_schema.composition.values import EnumLiteral
from marquee_schema.field_set import FieldSetError, parse_field_set


def check_interface_keys(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every `@key` on an interface."""
    for interface in schema.interfaces():
        for key in interface.all_applied("key"):
            _check_key(schema, interface, key, report)


def _check_key(
    schema: SubgraphSchema, interface: InterfaceType, key: AppliedDirective, report: SubgraphReport
) -> None:
    missing: list[str] = []
    unresolvable: list[str] = []
    if _normalized_fields(key) is None:
        return
    for candidate in schema.runtime_types(interface.name):
        # A type with an unreadable key is reported for that key; a missing key would be a second message for
        # one mistake.
        if any(_normalized_fields(other) is None for other in candidate.all_applied("key")):
            continue
        same = _same_key(candidate, key)
        if same is None:
            missing.append(candidate.name)
        elif is_resolvable(key) and not is_resolvable(same):
            unresolvable.append(candidate.name)
    what = f'Key {describe(key)} on interface "{interface.name}"'
    if missing:
        message = f"{what} is missing on implementation {listed(missing, 'type')}: add it there."
    elif unresolvable:
        message = (
            f"{what} should be resolvable on all implementations, but is not on"
            f" {listed(unresolvable, 'type')}."
        )
    else:
        return
    report.error(ErrorCode.INTERFACE_KEY_NOT_ON_IMPLEMENTATION, message, key.node)


def _same_key(candidate: ObjectType, key: AppliedDirective) -> AppliedDirective | None:
    wanted = _normalized_fields(key)
    for other in candidate.all_applied("key"):
        if _normalized_fields(other) == wanted:
            return other
    return None


def _normalized_fields(key: AppliedDirective) -> frozenset[object] | None:
    """The key's fields in a form that is equal for `id sku` and `sku id`; None for a key that `keys` reports
    as unreadable."""
    fields = fields_argument(key)
    if fields is None or isinstance(fields, EnumLiteral):
        return None
    try:
        return normalized(parse_field_set(fields))
    except FieldSetError:
        return None
