"""The fields of a type of the supergraph, each with the subgraphs that define it or could define it."""

from collections.abc import Mapping

from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.model import CompositeType, Field, NamedType


def collect_field_sources(
    context: MergeContext, sources: Mapping[int, NamedType], target: CompositeType
) -> list[tuple[Field, Sources[Field]]]:
    """Adds each field to `target`, still without a type, and returns it with its sources.

    A subgraph with an interface object for one of the target's interfaces could define the field too.
    """
    could_define = set(context.definers.get(target.name, ()))
    for interface in target.interfaces:
        # A subgraph with `type Media @interfaceObject` resolves fields of each `Book`, so a field of `Book`
        # that it lacks is absent there.
        could_define.update(context.interface_objects.get(interface, ()))
    defining = sorted(could_define)
    present: dict[str, dict[int, Field]] = {}
    for index, source in sources.items():
        if isinstance(source, CompositeType):
            for field in source.fields.values():
                present.setdefault(field.name, {})[index] = field
    found: list[tuple[Field, Sources[Field]]] = []
    for name, fields in present.items():
        field = Field(name=name, parent=target, type="")
        target.fields[name] = field
        found.append((field, Sources(fields, defining)))
    return found
