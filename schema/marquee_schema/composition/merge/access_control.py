"""Access control across interfaces: `@authenticated`, `@requiresScopes` and `@policy` of an element are
merged together with those of the elements behind it.

Reading a field through an interface needs what the fields of its implementations need. Conversely, a field
that an `@interfaceObject` adds needs the same on every implementation.
"""

from collections.abc import Iterator, Mapping, Sequence

from marquee_schema.composition.merge.applied_directives import merge_applied, merged_names, record_applied
from marquee_schema.composition.merge.context import MergeContext, PendingDirectives
from marquee_schema.composition.model import Element, Field, InterfaceType, NamedType, ObjectType
from marquee_schema.composition.specs.access_control import (
    ACCESS_CONTROL_DIRECTIVES,
    ACCESS_CONTROL_IDENTITIES,
)
from marquee_schema.composition.subgraph.schema import SubgraphSchema

Transitive = dict[str, list[tuple[int, Element]]]


def access_control_names(context: MergeContext) -> dict[str, str]:
    """The access control directives of the supergraph: canonical name to the name there."""
    return {
        directive.spec.name: name
        for name, directive in context.features.directives.items()
        if directive.feature.url.identity in ACCESS_CONTROL_IDENTITIES
    }


def record_applied_to_interface(
    context: MergeContext, sources: Mapping[int, NamedType], target: InterfaceType
) -> None:
    """Records the directives on an interface, and the access requirements of its implementations."""
    _record(context, sources, target)


def record_applied_to_field(context: MergeContext, sources: Mapping[int, Field], target: Field) -> None:
    """Records the directives on a field, and the access requirements of the fields behind it."""
    _record(context, sources, target)


def merge_transitive_requirements(context: MergeContext, target: Field) -> None:
    """Merges the access requirements of the fields behind one that no subgraph defines itself."""
    for canonical, name in access_control_names(context).items():
        sources = _transitive(context).get(f"{target.coordinate}@{canonical}", ())
        if sources:
            merge_applied(context, name, sources, target)


def _record(context: MergeContext, sources: Mapping[int, Element], target: Element) -> None:
    controls = access_control_names(context)
    if not controls:
        record_applied(context, sources, target)
        return
    own = list(sources.items())
    names = merged_names(context, own)
    kept = {index: _without(source, set(controls.values())) for index, source in own}
    record_applied(context, kept, target)
    for canonical, name in controls.items():
        behind: Sequence[tuple[int, Element]] = _transitive(context).get(
            f"{target.coordinate}@{canonical}", ()
        )
        # Merged when all definitions are: requirements of several elements are combined by the arguments'
        # merge strategies.
        if name in names or behind:
            context.pending.append(PendingDirectives([name], [*own, *behind], target))


def _without(element: Element, names: set[str]) -> Element:
    """The element without the named directives."""
    if not any(applied.name in names for applied in element.directives):
        return element
    others = [applied for applied in element.directives if applied.name not in names]
    return Element(name=element.name, description=element.description, directives=others, node=element.node)


def _transitive(context: MergeContext) -> Transitive:
    """For each coordinate and directive: the elements behind it that carry the directive."""
    if context.transitive_requirements is None:
        found: Transitive = {}
        interfaces_of: dict[str, list[str]] = {}
        for interface in context.merged.interfaces():
            for implementation in context.merged.runtime_types(interface.name):
                interfaces_of.setdefault(implementation.name, []).append(interface.name)
        for index, subgraph in enumerate(context.subgraphs):
            for canonical, element, coordinates in _behind(context, subgraph, interfaces_of):
                for coordinate in coordinates:
                    found.setdefault(f"{coordinate}@{canonical}", []).append((index, element))
        context.transitive_requirements = found
    return context.transitive_requirements


def _behind(
    context: MergeContext, subgraph: SubgraphSchema, interfaces_of: Mapping[str, list[str]]
) -> Iterator[tuple[str, Element, list[str]]]:
    """Each application of an access control directive, with the coordinates that inherit it."""
    for candidate in subgraph.objects():
        interfaces = interfaces_of.get(candidate.name, [])
        for canonical in _controls(candidate):
            yield canonical, candidate, interfaces
        for field in candidate.fields.values():
            controls = _controls(field) if field.directives else []
            if controls and not subgraph.facts.is_external(field):
                heirs = _heirs(context, subgraph, candidate, interfaces, interfaces_of)
                for canonical in controls:
                    yield canonical, field, [f"{heir}.{field.name}" for heir in heirs]


def _heirs(
    context: MergeContext,
    subgraph: SubgraphSchema,
    owner: ObjectType,
    interfaces: list[str],
    interfaces_of: Mapping[str, list[str]],
) -> list[str]:
    """The types whose field of the same name inherits the requirements of a field of `owner`."""
    if not subgraph.is_interface_object(owner):
        return interfaces
    # `Media.views` of an interface object is added to `Book` and `Film`, and is reachable through their other
    # interfaces too: each of them inherits its requirements.
    implementations = [implementation.name for implementation in context.merged.runtime_types(owner.name)]
    others = {
        interface: None
        for implementation in implementations
        for interface in interfaces_of.get(implementation, [])
        if interface != owner.name
    }
    return [*implementations, *others]


def _controls(element: Element) -> list[str]:
    return [
        a.canonical for a in element.directives if a.canonical and a.canonical in ACCESS_CONTROL_DIRECTIVES
    ]
