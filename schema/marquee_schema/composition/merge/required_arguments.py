"""REQUIRES_INVALID_FIELDS again, on the supergraph: a field set of `@requires` may pass arguments that the
subgraph which resolves the field does not have."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import AppliedDirective, Field
from marquee_schema.composition.report import subgraphs
from marquee_schema.composition.selected_fields import InvalidArgumentError, resolve
from marquee_schema.composition.subgraph.federation_directives import fields_argument
from marquee_schema.field_set import FieldSetError, parse_field_set


def check_required_arguments(context: MergeContext) -> None:
    """Checks that each `@requires` is valid on the supergraph as well."""
    for index, subgraph in enumerate(context.subgraphs):
        for candidate in subgraph.composites():
            for field in candidate.fields.values():
                for applied in field.all_applied("requires"):
                    _check(context, index, field, applied)


def _check(context: MergeContext, index: int, field: Field, applied: AppliedDirective) -> None:
    parent = context.merged.types.get(field.parent.name)
    fields = fields_argument(applied)
    if parent is None or fields is None:
        return
    try:
        resolve(context.merged, parent, parse_field_set(fields))
    except InvalidArgumentError as error:
        culprits: dict[int, Field] = {}
        for other, subgraph in enumerate(context.subgraphs):
            owner = subgraph.composite(error.field.parent.name)
            declared = owner.fields.get(error.field.name) if owner else None
            argument = declared.arguments.get(error.argument) if declared else None
            if declared is not None and other != index and (argument is None or argument.is_required):
                culprits[other] = declared
        name = context.subgraphs[index].name
        others = f" (see its declaration in {subgraphs(context.names_of(culprits))})" if culprits else ""
        context.report.error(
            ErrorCode.REQUIRES_INVALID_FIELDS,
            f'[{name}] On field "{field.coordinate}", for @requires(fields: "{fields}"): {error}{others}',
            [(name, applied.node), *context.places(culprits)],
        )
    except FieldSetError:
        return
