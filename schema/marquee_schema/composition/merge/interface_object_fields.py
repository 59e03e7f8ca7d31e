"""Fields that only an interface object resolves: every implementation of the interface has them in the
supergraph."""

from marquee_schema.composition.merge.access_control import (
    access_control_names,
    merge_transitive_requirements,
)
from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.merge.field_sharing import check_field_sharing
from marquee_schema.composition.merge.overrides import Overrides
from marquee_schema.composition.model import (
    AppliedDirective,
    Argument,
    Element,
    Field,
    InterfaceType,
    ObjectType,
)


def add_interface_object_fields(context: MergeContext) -> None:
    """Adds each such field to the objects that lack it, with a `@join__field` that names no subgraph.

    With `type Media @interfaceObject { views: Int }`, the supergraph has `Book.views` and `Film.views`.
    """
    if not context.interface_objects:
        return
    for target in list(context.merged.objects()):
        for name in list(target.interfaces):
            interface = context.merged.types.get(name)
            if isinstance(interface, InterfaceType) and name in context.interface_objects:
                for field in interface.fields.values():
                    if context.is_resolved_by_interface_object(field.name, name):
                        _add(context, target, field)


def _add(context: MergeContext, target: ObjectType, inherited: Field) -> None:
    existing = target.fields.get(inherited.name)
    if existing is not None:
        joins = existing.named("join__field")
        # All subgraphs that declare the field mark it external: the interface object is the one that resolves
        # it, so its directives count.
        if joins and all(join.arguments.get("external") is True for join in joins):
            _copy_directives(context, inherited, existing)
        return
    field = Field(name=inherited.name, parent=target, type=inherited.type, description=inherited.description)
    target.fields[field.name] = field
    _copy_directives(context, inherited, field)
    for argument in inherited.arguments.values():
        copy = Argument(
            name=argument.name,
            parent=field,
            type=argument.type,
            default=argument.default,
            description=argument.description,
        )
        field.arguments[copy.name] = copy
        _copy_directives(context, argument, copy)
    field.directives.append(context.join.field(None))
    check_field_sharing(context, Sources({}, range(len(context.subgraphs))), field, Overrides())


def _copy_directives(context: MergeContext, source: Element, target: Element) -> None:
    """Copies the directives of the interface's element, except join data and access control. The latter is
    merged anew."""
    if isinstance(target, Field):
        merge_transitive_requirements(context, target)
    controls = access_control_names(context).values()
    for applied in source.directives:
        if not applied.name.startswith("join__") and applied.name not in controls:
            target.directives.append(AppliedDirective(applied.name, dict(applied.arguments)))
