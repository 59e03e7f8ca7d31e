"""Arguments of fields and directives: those that all subgraphs have.

REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH, CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS; hint
INCONSISTENT_ARGUMENT_PRESENCE.
"""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.applied_directives import record_applied
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.default_values import merge_default
from marquee_schema.composition.merge.descriptions import merge_description
from marquee_schema.composition.merge.differences import presence
from marquee_schema.composition.merge.type_references import merge_type_reference
from marquee_schema.composition.model import Argument, DirectiveDefinition, Field
from marquee_schema.composition.report import subgraphs


def merge_arguments(
    context: MergeContext,
    sources: Mapping[int, Field] | Mapping[int, DirectiveDefinition],
    target: Field | DirectiveDefinition,
) -> None:
    """Adds to `target` each argument that every source has. An argument that some source lacks must be
    optional, and is left out."""
    owners: dict[int, Field | DirectiveDefinition] = dict(sources)
    names: dict[str, None] = {}
    for owner in owners.values():
        names.update(dict.fromkeys(owner.arguments))
    for name in names:
        argument = Argument(name=name, parent=target, type="")
        present = {index: owner.arguments[name] for index, owner in owners.items() if name in owner.arguments}
        if any(source.directives and source.applied("fromContext") for source in present.values()):
            _check_contextual(context, present, argument)
        elif len(present) < len(owners):
            absent = [index for index in owners if index not in present]
            _check_missing(context, present, absent, argument)
        else:
            target.arguments[name] = argument
            merge_description(context, present, argument)
            record_applied(context, present, argument)
            merge_type_reference(context, present, argument)
            merge_default(context, present, argument)


def _check_contextual(context: MergeContext, present: Mapping[int, Argument], argument: Argument) -> None:
    """Checks an argument with `@fromContext`: the router fills it, so no subgraph may ask clients for it."""
    for index, source in present.items():
        if source.applied("fromContext"):
            continue
        name = context.subgraphs[index].name
        if source.is_required:
            context.error(
                ErrorCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
                f'Argument "{argument.coordinate}" is contextual in at least one subgraph, but in subgraph'
                f' "{name}" it does not have @fromContext, is not nullable and has no default value.',
                present,
            )
        else:
            context.hint(
                HintCode.CONTEXTUAL_ARGUMENT_NOT_CONTEXTUAL_IN_ALL_SUBGRAPHS,
                f'Contextual argument "{argument.coordinate}" is not contextual in subgraph "{name}": it'
                " will not be part of the supergraph.",
                present,
            )


def _check_missing(
    context: MergeContext, present: Mapping[int, Argument], absent: list[int], argument: Argument
) -> None:
    required = [index for index, source in present.items() if source.is_required]
    if required:
        context.error(
            ErrorCode.REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH,
            f'Argument "{argument.coordinate}" is required in some subgraphs but does not appear in all: it'
            f" is required in {subgraphs(context.names_of(required))} but does not appear in"
            f" {subgraphs(context.names_of(absent))}.",
            present,
        )
    else:
        context.hint(
            HintCode.INCONSISTENT_ARGUMENT_PRESENCE,
            f'Optional argument "{argument.coordinate}" will not be included in the supergraph as it does'
            f" not appear in all subgraphs: {presence(context, present, absent)}.",
            present,
        )
