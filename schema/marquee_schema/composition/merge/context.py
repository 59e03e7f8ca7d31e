"""The state that all of merging shares: the subgraphs, the supergraph as it grows, and the report."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.features import SupergraphFeatures
from marquee_schema.composition.model import (
    AppliedDirective,
    CompositeType,
    DirectiveDefinition,
    Element,
    Field,
    InterfaceType,
    NamedType,
    ObjectType,
    Schema,
)
from marquee_schema.composition.report import Place, Report
from marquee_schema.composition.specs.definition import Version
from marquee_schema.composition.specs.link import LINK
from marquee_schema.composition.subgraph.links import LinkedFeature
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.supergraph.join import Join, join_url, join_version

E = TypeVar("E", bound=Element)


@dataclass(frozen=True, slots=True)
class Sources(Generic[E]):
    """The subgraphs' elements from which an element of the supergraph is merged.

    `present` maps a subgraph's index to its element. `defining` has the subgraphs that could define the
    element, since they define its parent.
    """

    present: Mapping[int, E]
    defining: Sequence[int]

    @property
    def absent(self) -> list[int]:
        """The subgraphs that define the parent, but not the element."""
        return [index for index in self.defining if index not in self.present]

    @property
    def is_everywhere(self) -> bool:
        """True if every subgraph that defines the parent defines the element."""
        return len(self.present) == len(self.defining)


@dataclass(slots=True)
class EnumUsage:
    """An example of a position that uses an enum as input, and one as output."""

    as_input: str | None = None
    as_output: str | None = None


@dataclass(slots=True)
class PendingDirectives:
    """Applications that are merged when all definitions are."""

    names: Sequence[str]
    sources: Sequence[tuple[int, Element]]
    target: Element


@dataclass(slots=True)
class MergeContext:
    """The state of one composition."""

    subgraphs: Sequence[SubgraphSchema]
    features: SupergraphFeatures
    federation_version: Version
    join: Join
    report: Report
    merged: Schema = field(default_factory=Schema)
    enum_usages: dict[str, EnumUsage] = field(default_factory=dict)
    pending: list[PendingDirectives] = field(default_factory=list)
    definers: dict[str, list[int]] = field(default_factory=dict)
    transitive_requirements: dict[str, list[tuple[int, Element]]] | None = None
    interface_objects: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for index, subgraph in enumerate(self.subgraphs):
            for name, candidate in subgraph.types.items():
                self.definers.setdefault(name, []).append(index)
                if subgraph.is_interface_object(candidate):
                    self.interface_objects.setdefault(name, []).append(index)

    @property
    def names(self) -> list[str]:
        """The subgraphs' names, in order."""
        return [subgraph.name for subgraph in self.subgraphs]

    def subgraph(self, name: str) -> SubgraphSchema:
        """The subgraph of that name."""
        return next(subgraph for subgraph in self.subgraphs if subgraph.name == name)

    def names_of(self, indexes: Iterable[int]) -> list[str]:
        """The names of some subgraphs."""
        return [self.subgraphs[index].name for index in indexes]

    def type_sources(self, target: NamedType) -> dict[int, NamedType]:
        """The definitions of a type, in those subgraphs where it is of the supergraph's kind."""
        found: dict[int, NamedType] = {}
        for index in self.definers.get(target.name, ()):
            subgraph = self.subgraphs[index]
            candidate = subgraph.types[target.name]
            if subgraph.merged_kind(candidate) is type(target):
                found[index] = candidate
        return found

    def is_external(self, index: int, candidate: Field) -> bool:
        """True if the field is external in its subgraph."""
        return self.subgraphs[index].facts.is_external(candidate)

    def is_merged_application(self, index: int, applied: AppliedDirective) -> bool:
        """True if the applied directive reaches the supergraph under its own name, and not as join data."""
        return self.features.is_merged(self.subgraphs[index].name, applied.name)

    def abstracted_fields(self, target: Element, parent: NamedType) -> Iterator[tuple[int, Field]]:
        """For a field of an object: the fields of interface objects that resolve it in subgraphs without the
        object."""
        if not isinstance(parent, ObjectType):
            return
        found: list[tuple[int, Field]] = []
        for name in parent.interfaces:
            interface = self.merged.types.get(name)
            if not isinstance(interface, InterfaceType) or target.name not in interface.fields:
                continue
            for index in self.interface_objects.get(name, ()):
                subgraph = self.subgraphs[index]
                owner = subgraph.types[name]
                if parent.name in subgraph.types or not isinstance(owner, ObjectType):
                    continue
                if target.name in owner.fields:
                    found.append((index, owner.fields[target.name]))
        yield from sorted(found, key=lambda entry: entry[0])

    def is_resolved_by_interface_object(self, field_name: str, interface: str) -> bool:
        """True if some subgraph resolves an interface's field through an interface object."""
        for index in self.interface_objects.get(interface, ()):
            owner = self.subgraphs[index].types[interface]
            candidate = owner.fields.get(field_name) if isinstance(owner, CompositeType) else None
            if candidate is not None and not self.is_external(index, candidate):
                return True
        return False

    def linked_features(self) -> list[LinkedFeature]:
        """Every feature that the supergraph links to."""
        own = [
            LinkedFeature(LINK.url, "link"),
            LinkedFeature(join_url(join_version(self.federation_version)), "join"),
        ]
        return own + self.features.linked

    def places(self, sources: Mapping[int, Element]) -> list[Place]:
        """The syntax nodes of the elements, with their subgraphs."""
        return [(self.subgraphs[index].name, element.node) for index, element in sources.items()]

    def error(self, code: ErrorCode, message: str, sources: Mapping[int, Element] | None = None) -> None:
        """Records a problem about elements of several subgraphs."""
        self.report.error(code, message, self.places(sources or {}))

    def hint(self, code: HintCode, message: str, sources: Mapping[int, Element] | None = None) -> None:
        """Records a hint about elements of several subgraphs."""
        self.report.hint(code, message, self.places(sources or {}))

    def definition_of(self, directive: str) -> DirectiveDefinition | None:
        """The supergraph's definition of a directive."""
        return self.merged.directives.get(directive)
