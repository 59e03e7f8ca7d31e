"""One field of an object or interface: description, arguments, type, and the `@join__field`s that name the
subgraphs that resolve it.

EXTERNAL_MISSING_ON_BASE and MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL.
"""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.access_control import record_applied_to_field
from marquee_schema.composition.merge.arguments import merge_arguments
from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.merge.descriptions import merge_description
from marquee_schema.composition.merge.external_fields import check_external_fields
from marquee_schema.composition.merge.join_directives import add_join_directives
from marquee_schema.composition.merge.join_fields import add_join_fields
from marquee_schema.composition.merge.overrides import Overrides
from marquee_schema.composition.merge.type_references import merge_type_reference
from marquee_schema.composition.model import Field
from marquee_schema.composition.report import subgraphs
from marquee_schema.composition.supergraph.printer import print_applied


def merge_field(context: MergeContext, sources: Sources[Field], target: Field, overrides: Overrides) -> None:
    """Merges a field. Reports a field that is external in every subgraph, since then none resolves it."""
    if _is_external_everywhere(context, sources, target):
        context.error(
            ErrorCode.EXTERNAL_MISSING_ON_BASE,
            f'Field "{target.coordinate}" is marked @external on all the subgraphs in which it is listed'
            f" ({subgraphs(context.names_of(sources.present))}): at least one of them, or another, must"
            " resolve it.",
            sources.present,
        )
        target.type = next(iter(sources.present.values())).type
        return
    resolving = _without_external(context, sources)
    if resolving.present:
        merge_description(context, resolving.present, target)
        record_applied_to_field(context, resolving.present, target)
        merge_arguments(context, resolving.present, target)
    typed = resolving if resolving.present else sources
    all_types_equal = merge_type_reference(context, typed.present, target)
    if len(resolving.present) < len(sources.present):
        check_external_fields(context, sources, target, all_types_equal=all_types_equal)
    add_join_fields(context, sources, target, overrides, all_types_equal=all_types_equal)
    add_join_directives(context, sources.present, target)


def _is_external_everywhere(context: MergeContext, sources: Sources[Field], target: Field) -> bool:
    if not all(context.is_external(index, field) for index, field in sources.present.items()):
        return False
    abstracted = context.abstracted_fields(target, target.parent)
    return all(context.is_external(index, field) for index, field in abstracted)


def _without_external(context: MergeContext, sources: Sources[Field]) -> Sources[Field]:
    """The declarations of subgraphs that resolve the field. Reports directives on external ones that would be
    merged."""
    resolving: dict[int, Field] = {}
    for index, field in sources.present.items():
        if not context.is_external(index, field):
            resolving[index] = field
            continue
        for applied in field.directives:
            if context.features.is_merged("", applied.name):
                name = context.subgraphs[index].name
                context.report.error(
                    ErrorCode.MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL,
                    f"[{name}] Cannot apply merged directive {print_applied(applied)} to external field"
                    f' "{field.coordinate}": apply it where the field is resolved.',
                    [(name, applied.node)],
                )
    return Sources(resolving, sources.defining)
