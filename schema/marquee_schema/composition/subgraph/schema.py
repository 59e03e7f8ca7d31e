"""One subgraph's schema, with the names that its links give to the federation directives."""

from dataclasses import dataclass, field

from graphql import DocumentNode

from marquee_schema.composition.model import InterfaceType, NamedType, ObjectType, Schema
from marquee_schema.composition.specs.definition import Version
from marquee_schema.composition.specs.federation import FEDERATION_IDENTITY
from marquee_schema.composition.subgraph.field_facts import FieldFacts
from marquee_schema.composition.subgraph.links import LinkedFeature, Links

FEDERATION_OPERATION_TYPES = frozenset({"_Any", "_Service", "_Entity"})
FEDERATION_OPERATION_FIELDS = frozenset({"_service", "_entities"})


@dataclass(slots=True, eq=False, kw_only=True)
class SubgraphSchema(Schema):
    """The schema of a subgraph.

    `canonical_names` maps the names of directives in this schema to their names in the federation
    specification. `spec_types` and `spec_directives` name the definitions that come from a linked
    specification.
    """

    name: str
    url: str
    document: DocumentNode
    links: Links | None = None
    canonical_names: dict[str, str] = field(default_factory=dict)
    spec_types: set[str] = field(default_factory=set)
    spec_directives: set[str] = field(default_factory=set)
    _facts: FieldFacts | None = None

    @property
    def federation(self) -> LinkedFeature | None:
        """The link to the federation specification; None in a Federation 1 subgraph."""
        return self.links.by_identity.get(FEDERATION_IDENTITY) if self.links else None

    @property
    def federation_version(self) -> Version | None:
        """The version of federation that is linked; None in a Federation 1 subgraph."""
        feature = self.federation
        return feature.url.version if feature else None

    @property
    def facts(self) -> FieldFacts:
        """The facts about each field that follow from its directives."""
        if self._facts is None:
            self._facts = FieldFacts(self, is_federation_2=self.federation is not None)
        return self._facts

    def structure_changed(self) -> None:
        """Must be called after anything in the schema changed."""
        Schema.structure_changed(self)
        self._facts = None

    def canonical(self, name: str) -> str | None:
        """The name in the federation specification of the directive that is called `name` here."""
        return self.canonical_names.get(name)

    def is_interface_object(self, candidate: NamedType | None) -> bool:
        """True if the type stands for an interface of other subgraphs here."""
        return isinstance(candidate, ObjectType) and candidate.applied("interfaceObject") is not None

    def merged_kind(self, candidate: NamedType) -> type[NamedType]:
        """The class of the type in the supergraph: an interface for an interface object."""
        return InterfaceType if self.is_interface_object(candidate) else type(candidate)
