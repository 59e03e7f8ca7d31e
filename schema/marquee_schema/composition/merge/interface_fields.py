"""INTERFACE_FIELD_NO_IMPLEM: in the supergraph, every type must have all fields of its interfaces."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import CompositeType, Field, InterfaceType
from marquee_schema.composition.report import subgraphs


def check_interface_fields(context: MergeContext) -> None:
    """Reports fields that one subgraph adds to an interface, and that a type of another subgraph lacks."""
    for candidate in context.merged.composites():
        for name in candidate.interfaces:
            interface = context.merged.types.get(name)
            if isinstance(interface, InterfaceType):
                for field in interface.fields.values():
                    if field.name not in candidate.fields:
                        _report(context, candidate, field)


def _report(context: MergeContext, candidate: CompositeType, field: Field) -> None:
    interface = field.parent.name
    with_field: dict[int, Field] = {}
    implementing: list[int] = []
    for index, subgraph in enumerate(context.subgraphs):
        declaring = subgraph.types.get(interface)
        if isinstance(declaring, InterfaceType) and field.name in declaring.fields:
            with_field[index] = declaring.fields[field.name]
        own = subgraph.types.get(candidate.name)
        if isinstance(own, CompositeType) and interface in own.interfaces:
            implementing.append(index)
    context.error(
        ErrorCode.INTERFACE_FIELD_NO_IMPLEM,
        f'Interface field "{field.coordinate}" is declared in {subgraphs(context.names_of(with_field))} but'
        f' type "{candidate.name}", which implements "{interface}" only in'
        f' {subgraphs(context.names_of(implementing))}, does not have field "{field.name}".',
        with_field,
    )
