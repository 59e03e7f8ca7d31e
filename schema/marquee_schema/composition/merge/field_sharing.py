"""INVALID_FIELD_SHARING: a field that several subgraphs resolve must be shareable in each of them."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.merge.overrides import Overrides
from marquee_schema.composition.model import Field
from marquee_schema.composition.report import subgraphs


def check_field_sharing(
    context: MergeContext, sources: Sources[Field], target: Field, overrides: Overrides
) -> None:
    """Checks all subgraphs that resolve a field, directly or through an interface object: all must mark it
    `@shareable`, or only one may resolve it."""
    shareable: list[int] = []
    others: list[int] = []
    through: dict[int, Field] = {}
    resolving = {i: field for i, field in sources.present.items() if not overrides.is_overridden(i)}
    for index, field in _abstracted(context, target):
        if index not in sources.present:
            resolving[index] = through[index] = field
    for index in sorted(resolving):
        facts = context.subgraphs[index].facts
        if not facts.is_fully_external(resolving[index]):
            (shareable if facts.is_shareable(resolving[index]) else others).append(index)
    # One subgraph alone needs no `@shareable`.
    if not others or (not shareable and len(others) == 1):
        return
    non_shareable = subgraphs(context.names_of(others)) if shareable else "all of them"
    advice = "".join(
        f' (note that "{target.coordinate}" has an @override in subgraph "{context.subgraphs[index].name}"'
        " that targets an unknown subgraph, so that it has no effect)"
        for index in others
        if overrides.has_unknown_source(index)
    )
    advice += "".join(
        f' (subgraph "{context.subgraphs[index].name}" resolves it through @interfaceObject field'
        f' "{field.coordinate}")'
        for index, field in through.items()
    )
    context.error(
        ErrorCode.INVALID_FIELD_SHARING,
        f'Non-shareable field "{target.coordinate}" is resolved from multiple subgraphs: it is resolved from'
        f" {subgraphs(context.names_of(sorted(shareable + others)))} and defined as non-shareable in"
        f" {non_shareable}{advice}. Mark it @shareable in each, or take it out of all but one.",
        {index: field for index, field in resolving.items() if index in shareable or index in others},
    )


def _abstracted(context: MergeContext, target: Field) -> list[tuple[int, Field]]:
    return list(context.abstracted_fields(target, target.parent)) if context.interface_objects else []
