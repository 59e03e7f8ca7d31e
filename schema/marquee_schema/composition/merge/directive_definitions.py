"""Definitions of directives: executable ones by intersection, composed ones from the newest version of their
feature.

Hints INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE, _REPEATABLE and _LOCATIONS,
NO_EXECUTABLE_DIRECTIVE_INTERSECTION.
"""

from collections.abc import Mapping

from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.arguments import merge_arguments
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.descriptions import merge_description
from marquee_schema.composition.merge.differences import differences, presence
from marquee_schema.composition.model import DirectiveDefinition
from marquee_schema.composition.specs.built_in import BUILT_IN_DIRECTIVES

_EXECUTABLE = (
    "QUERY",
    "MUTATION",
    "SUBSCRIPTION",
    "FIELD",
    "FRAGMENT_DEFINITION",
    "FRAGMENT_SPREAD",
    "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION",
)


def merge_directive_definitions(context: MergeContext) -> None:
    """Adds to the supergraph the directives that subgraphs define themselves: executable and composed
    ones."""
    sources: dict[str, dict[int, DirectiveDefinition]] = {}
    for index, subgraph in enumerate(context.subgraphs):
        for definition in subgraph.directives.values():
            if _is_candidate(context, subgraph.name, definition):
                sources.setdefault(definition.name, {})[index] = definition
    for name, definitions in sources.items():
        if context.features.composed.is_known(name):
            _add_composed(context, name)
        else:
            every = {
                index: subgraph.directives[name]
                for index, subgraph in enumerate(context.subgraphs)
                if name in subgraph.directives
            }
            _merge_executable(context, name, every or definitions)


def _is_candidate(context: MergeContext, subgraph: str, definition: DirectiveDefinition) -> bool:
    name = definition.name
    if context.features.composed.is_composed(subgraph, name):
        return True
    if name in BUILT_IN_DIRECTIVES or name in context.features.directives:
        return False
    return bool(_executable_locations(definition))


def _executable_locations(definition: DirectiveDefinition) -> list[str]:
    return sorted(location for location in definition.locations if location in _EXECUTABLE)


def _add_composed(context: MergeContext, name: str) -> None:
    source = context.features.composed.definition(name)
    if source is None:
        return
    target = DirectiveDefinition(
        name=name, description=source.description, locations=source.locations, repeatable=source.repeatable
    )
    context.merged.directives[name] = target
    merge_arguments(context, {0: source}, target)


def _merge_executable(context: MergeContext, name: str, sources: Mapping[int, DirectiveDefinition]) -> None:
    """Merges an executable directive: clients may use it where every subgraph can read it, so its locations
    are those common to all."""
    target = DirectiveDefinition(name=name)
    missing = [index for index in range(len(context.subgraphs)) if index not in sources]
    if missing:
        context.hint(
            HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_PRESENCE,
            f'Executable directive "@{name}" will not be part of the supergraph as it does not appear in all'
            f" subgraphs: {presence(context, sources, missing)}.",
            sources,
        )
        return
    locations = {index: _executable_locations(source) for index, source in sources.items()}
    printed = {index: " | ".join(found) or "no executable location" for index, found in locations.items()}
    first, *rest = locations.values()
    common = [location for location in first if all(location in other for other in rest)]
    if not common:
        context.hint(
            HintCode.NO_EXECUTABLE_DIRECTIVE_INTERSECTION,
            f'Executable directive "@{name}" has no location that is common to all subgraphs, so it will not'
            f" be part of the supergraph: it has {differences(context, printed)}.",
            sources,
        )
        return
    target.locations = tuple(common)
    target.repeatable = all(source.repeatable for source in sources.values())
    merge_description(context, sources, target)
    if len({source.repeatable for source in sources.values()}) > 1:
        repeatable = {i: "repeatable" if s.repeatable else "not repeatable" for i, s in sources.items()}
        context.hint(
            HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_REPEATABLE,
            f'Executable directive "@{name}" will not be repeatable in the supergraph: it is'
            f" {differences(context, repeatable)}.",
            sources,
        )
    if any(other != first for other in rest):
        context.hint(
            HintCode.INCONSISTENT_EXECUTABLE_DIRECTIVE_LOCATIONS,
            f'Executable directive "@{name}" has inconsistent locations across subgraphs; the supergraph'
            f" uses those common to all, {' | '.join(common)}: it has {differences(context, printed)}.",
            sources,
        )
    context.merged.directives[name] = target
    merge_arguments(context, sources, target)
