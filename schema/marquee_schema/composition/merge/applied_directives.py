"""Merging the applications of directives: all of a repeatable one; one of any other, with the arguments
combined where the specification says how.

Hints MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS and INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS.
"""

from collections.abc import Iterable, Mapping, Sequence

from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext, PendingDirectives
from marquee_schema.composition.merge.differences import differences
from marquee_schema.composition.merge.features import directive_arguments
from marquee_schema.composition.model import AppliedDirective, DirectiveDefinition, Element
from marquee_schema.composition.specs.built_in import BUILT_IN_DIRECTIVES
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_IDENTITY
from marquee_schema.composition.values import MISSING, Default, Value, print_value, same_arguments


def record_applied(context: MergeContext, sources: Mapping[int, Element], target: Element) -> None:
    """Records the directives on the sources of `target` for `merge_pending`."""
    names = merged_names(context, sources.items())
    if not names:
        return
    # `@inaccessible` is merged at once: the rules for enums and inputs ask for it while they merge.
    inaccessible = context.features.name_of(INACCESSIBLE_IDENTITY)
    if inaccessible in names:
        names.remove(inaccessible)
        merge_applied(context, inaccessible, list(sources.items()), target)
    if names:
        context.pending.append(PendingDirectives(names, list(sources.items()), target))


def merged_names(context: MergeContext, sources: Iterable[tuple[int, Element]]) -> list[str]:
    """The names of the directives on the sources that reach the supergraph, in order of appearance."""
    names: dict[str, None] = {}
    for index, source in sources:
        for applied in source.directives:
            if context.is_merged_application(index, applied):
                names[applied.name] = None
    return list(names)


def merge_pending(context: MergeContext) -> None:
    """Merges all recorded applications; called when every definition is known."""
    for pending in context.pending:
        for name in pending.names:
            merge_applied(context, name, pending.sources, pending.target)
    context.pending.clear()


def merge_applied(
    context: MergeContext, name: str, sources: Sequence[tuple[int, Element]], target: Element
) -> None:
    """Merges the applications of one directive on one element."""
    applied = [(index, directive) for index, source in sources for directive in source.named(name)]
    if not applied:
        return
    if _is_repeatable(context, name):
        _merge_all(context, name, applied, target)
        return
    distinct: list[tuple[AppliedDirective, int]] = []
    for _, directive in applied:
        for position, (known, count) in enumerate(distinct):
            if _is_same(context, known, directive):
                distinct[position] = (known, count + 1)
                break
        else:
            distinct.append((directive, 1))
    if len(distinct) == 1:
        target.directives.append(AppliedDirective(name, dict(distinct[0][0].arguments)))
    else:
        _merge_different(context, name, distinct, sources, target)


def _merge_all(
    context: MergeContext, name: str, applied: Sequence[tuple[int, AppliedDirective]], target: Element
) -> None:
    """Adds every application of a repeatable directive once."""
    definition = context.definition_of(name)
    seen: list[dict[str, Value]] = []
    for index, directive in applied:
        arguments = _arguments(context, index, directive)
        # Applications are compared with their defaults: `@d` and `@d(level: 1)` are one when `level` defaults
        # to 1.
        complete = with_defaults(definition, arguments)
        if not any(same_arguments(complete, known) for known in seen):
            seen.append(complete)
            target.directives.append(AppliedDirective(name, arguments))


def _merge_different(
    context: MergeContext,
    name: str,
    distinct: Sequence[tuple[AppliedDirective, int]],
    sources: Sequence[tuple[int, Element]],
    target: Element,
) -> None:
    merged = context.features.directives.get(name)
    if merged is not None and merged.spec.merges_arguments:
        definition = context.definition_of(name)
        complete = [with_defaults(definition, directive.arguments) for directive, _ in distinct]
        arguments: dict[str, Value] = {}
        for argument in merged.spec.arguments:
            value: Default = MISSING
            if argument.merge:
                value = argument.merge([given.get(argument.name) for given in complete])
            if value is not MISSING:
                arguments[argument.name] = value
        target.directives.append(AppliedDirective(name, arguments))
        context.hint(
            HintCode.MERGED_NON_REPEATABLE_DIRECTIVE_ARGUMENTS,
            f'Directive @{name} is applied to "{target.coordinate}" with different arguments in several'
            f" subgraphs. The supergraph combines them: {_printed(arguments)}.",
            dict(sources),
        )
        return
    # The most frequent arguments win; among equals, those of the first subgraph.
    chosen, _ = max(distinct, key=lambda entry: entry[1])
    target.directives.append(AppliedDirective(name, dict(chosen.arguments)))
    given = {
        index: _printed(source.named(name)[-1].arguments) for index, source in sources if source.named(name)
    }
    context.hint(
        HintCode.INCONSISTENT_NON_REPEATABLE_DIRECTIVE_ARGUMENTS,
        f'Non-repeatable directive @{name} is applied to "{target.coordinate}" in several subgraphs but with'
        " different"
        f" arguments: {differences(context, given)}. The supergraph uses {_printed(chosen.arguments)}.",
        dict(sources),
    )


def with_defaults(definition: DirectiveDefinition | None, arguments: Mapping[str, Value]) -> dict[str, Value]:
    """The given arguments, and the defaults of those that are not given."""
    complete = dict(arguments)
    for argument in definition.arguments.values() if definition else ():
        if argument.default is not MISSING:
            complete.setdefault(argument.name, argument.default)
    return complete


def _is_same(context: MergeContext, one: AppliedDirective, other: AppliedDirective) -> bool:
    definition = context.definition_of(one.name)
    if definition is None and one.name in BUILT_IN_DIRECTIVES:
        return same_arguments(_with_built_in_defaults(one), _with_built_in_defaults(other))
    return same_arguments(
        with_defaults(definition, one.arguments), with_defaults(definition, other.arguments)
    )


def _with_built_in_defaults(applied: AppliedDirective) -> dict[str, Value]:
    complete = dict(applied.arguments)
    for argument in BUILT_IN_DIRECTIVES[applied.name].arguments:
        if argument.default is not MISSING:
            complete.setdefault(argument.name, argument.default)
    return complete


def _is_repeatable(context: MergeContext, name: str) -> bool:
    definition = context.definition_of(name)
    return definition is not None and definition.repeatable


def _arguments(context: MergeContext, index: int, directive: AppliedDirective) -> dict[str, Value]:
    merged = context.features.directives.get(directive.name)
    if merged is None:
        return dict(directive.arguments)
    return directive_arguments(merged, context.subgraphs[index].name, directive.arguments)


def _printed(arguments: Mapping[str, Value]) -> str:
    if not arguments:
        return "no arguments"
    return "(" + ", ".join(f"{name}: {print_value(value)}" for name, value in arguments.items()) + ")"
