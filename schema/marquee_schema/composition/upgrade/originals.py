"""The other subgraphs as they were written, which an upgrade needs for comparison."""

from collections.abc import Iterable, Iterator

from marquee_schema.composition.model import CompositeType, Field
from marquee_schema.composition.subgraph.federation_directives import target_fields
from marquee_schema.composition.subgraph.schema import SubgraphSchema


class Originals:
    """All subgraphs before any upgrade, by the objects and interfaces that they define."""

    def __init__(self, subgraphs: Iterable[SubgraphSchema]) -> None:
        self._by_type: dict[str, list[tuple[SubgraphSchema, CompositeType]]] = {}
        for subgraph in subgraphs:
            for candidate in subgraph.composites():
                self._by_type.setdefault(candidate.name, []).append((subgraph, candidate))

    def elsewhere(self, own: str, type_name: str) -> Iterator[tuple[SubgraphSchema, CompositeType]]:
        """The definitions of a type in subgraphs other than `own`."""
        for subgraph, candidate in self._by_type.get(type_name, ()):
            if subgraph.name != own:
                yield subgraph, candidate

    def is_resolved_elsewhere(self, own: str, field: Field) -> bool:
        """True if another subgraph resolves a field, if only on some paths."""
        for subgraph, candidate in self.elsewhere(own, field.parent.name):
            other = candidate.fields.get(field.name)
            # A provided field is external and resolved all the same, on the paths that provide it.
            if other is not None and not subgraph.facts.is_fully_external(other):
                return True
        return False

    def key_fields_elsewhere(self, own: str, type_name: str) -> Iterator[str]:
        """The names of the fields in the first key that each other subgraph gives a type."""
        for subgraph, candidate in self.elsewhere(own, type_name):
            key = candidate.applied("key")
            if key is not None:
                for field in target_fields(subgraph, candidate, key, with_implementations=False):
                    if field.parent is candidate:
                        yield field.name
