"""`@join__field`: which subgraph resolves a field, and under which conditions.

Left out when every subgraph with the type resolves the field in the same way, as for `Money.amount` of a
shared value type.
"""

from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.merge.overrides import Overrides
from marquee_schema.composition.model import Field, InputField
from marquee_schema.composition.specs.context import name_in_supergraph
from marquee_schema.composition.subgraph.context_argument import parse_context_argument
from marquee_schema.composition.subgraph.federation_directives import fields_argument
from marquee_schema.composition.values import Value


def add_join_fields(
    context: MergeContext,
    sources: Sources[Field],
    target: Field,
    overrides: Overrides,
    *,
    all_types_equal: bool,
) -> None:
    """Adds the `@join__field`s of a field of an object or interface, if they are needed."""
    if all_types_equal and not _is_needed(context, sources, target, overrides):
        return
    for index, source in sources.present.items():
        label = overrides.labels.get(index)
        # An overridden field that nothing else in its subgraph uses disappears from that subgraph. One that a
        # key or an interface still uses stays, with `usedOverridden: true`.
        if index in overrides.unused and not label:
            continue
        override = source.applied("override") if source.directives else None
        target.directives.append(
            context.join.field(
                index,
                requires=_field_set(source, "requires"),
                provides=_field_set(source, "provides"),
                override=override.arguments.get("from") if override else None,
                type=None if all_types_equal else source.type,
                external=context.is_external(index, source) or None,
                usedOverridden=index in overrides.used or None,
                overrideLabel=label,
                contextArguments=_context_arguments(context, index, source) or None,
            )
        )


def add_join_input_fields(
    context: MergeContext, sources: Sources[InputField], target: InputField, *, all_types_equal: bool
) -> None:
    """Adds the `@join__field`s of a field of an input object, if they are needed."""
    if all_types_equal and sources.is_everywhere:
        return
    for index, source in sources.present.items():
        target.directives.append(context.join.field(index, type=None if all_types_equal else source.type))


def _is_needed(context: MergeContext, sources: Sources[Field], target: Field, overrides: Overrides) -> bool:
    if overrides.used or overrides.labels:
        return True
    for index, source in sources.present.items():
        if any(a.directives and a.applied("fromContext") for a in source.arguments.values()):
            return True
        if index in overrides.unused:
            if target.parent.name in context.subgraphs[index].types:
                return True
            continue
        if context.is_external(index, source):
            return True
        if source.directives and (source.applied("provides") or source.applied("requires")):
            return True
    return any(target.parent.name in context.subgraphs[index].types for index in sources.absent)


def _field_set(source: Field, directive: str) -> str | None:
    applied = source.applied(directive) if source.directives else None
    return fields_argument(applied) if applied else None


def _context_arguments(context: MergeContext, index: int, source: Field) -> list[Value]:
    found: list[Value] = []
    for argument in source.arguments.values():
        applied = argument.applied("fromContext") if argument.directives else None
        if applied is not None:
            name, selection = parse_context_argument(applied.arguments.get("field"))
            found.append(
                {
                    "context": name_in_supergraph(context.subgraphs[index].name, name),
                    "name": argument.name,
                    "type": argument.type,
                    "selection": selection,
                }
            )
    return found
