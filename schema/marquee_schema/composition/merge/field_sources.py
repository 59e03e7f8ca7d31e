"""Finding, for a type of the supergraph, its fields and the subgraphs that define them or could."""

from collections.abc import Mapping

from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.model import CompositeType, Field, NamedType


def collect_field_sources(
    context: MergeContext, sources: Mapping[int, NamedType], target: CompositeType
) -> list[tuple[Field, Sources[Field]]]:
    """Adds each field to `target`, still without type, and tells where it comes from.

    A subgraph that stands for one of the target's interfaces with an interface object could define it too.
    """
    could_define = set(context.definers.get(target.name, ()))
    for interface in target.interfaces:
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
