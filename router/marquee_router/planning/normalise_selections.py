"""From selection sets to normalised selections, response path by response path.

Owns the merging of fragments and of repeated fields, and the choice of source keys. All the ways in which a
response path is selected are seen together, so that fields get different keys exactly where they would clash:
in `{ media { ... on Book { x: pages } ... on Film { x: minutes } } }` both are at `media.x`.
"""

from __future__ import annotations

from collections.abc import Mapping

from graphql import FragmentDefinitionNode, get_named_type, print_ast

from marquee_router.planning.collect_fields import Collected, Collector, Variant
from marquee_router.planning.conditions import both
from marquee_router.planning.deferral import Deferrals, without_deferral
from marquee_router.planning.document_fields import DocumentFields, variable_names
from marquee_router.planning.errors import TooComplexError
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions, DeferredHere
from marquee_router.planning.source_keys import TYPENAME, Shapes, SourceKeys
from marquee_schema.supergraph import Supergraph


class SelectionNormaliser:
    """Normalises the selections of one operation; what is selected in the same way is normalised once."""

    def __init__(
        self,
        supergraph: Supergraph,
        fragments: Mapping[str, FragmentDefinitionNode],
        max_selections: int,
        max_depth: int,
        deferrals: Deferrals | None = None,
    ) -> None:
        self.fields = DocumentFields(supergraph.api_schema)
        self.has_deferrals = deferrals is not None
        self._collector = Collector(supergraph.api_schema, fragments, max_selections, deferrals)
        self._max_depth = max_depth
        self._shapes = Shapes(supergraph)
        self._known: dict[tuple[object, ...], tuple[NormalizedSelection, ...]] = {}

    def normalise(self, variants: tuple[Variant, ...], depth: int) -> tuple[NormalizedSelection, ...]:
        """A selection for each variant of one response path; their source keys are chosen together.

        Raises `TooComplexError` below `max_depth` levels.
        """
        if depth > self._max_depth:
            raise TooComplexError(f"The operation is nested more than {self._max_depth} levels deep")
        key = tuple(variant.key for variant in variants)
        remembered = self._known.get(key)
        if remembered is None:
            remembered = _PathSelections(self, variants, depth).normalise()
            self._known[key] = remembered
        return remembered

    def collect(self, variant: Variant) -> dict[str, tuple[Collected, ...]]:
        """The fields of one variant on each object type."""
        return self._collector.collect(variant)

    def deferred(self, variant: Variant) -> Mapping[str, tuple[DeferredHere, ...]]:
        """The deferred fragments of a variant that was collected, on each object type."""
        return self._collector.deferred(variant) if self.has_deferrals else {}

    def source_keys(self) -> SourceKeys:
        """An empty set of keys for another response path."""
        return SourceKeys(self._shapes)


class _PathSelections:
    """The selections of one response path, in all variants."""

    def __init__(self, normaliser: SelectionNormaliser, variants: tuple[Variant, ...], depth: int) -> None:
        self._normaliser = normaliser
        self._depth = depth
        self._collected = [(variant.context, normaliser.collect(variant)) for variant in variants]
        self._deferred = [normaliser.deferred(variant) for variant in variants]
        self._keys = normaliser.source_keys()
        self._sources: dict[tuple[str, str], str] = {}
        self._children: dict[tuple[object, ...], NormalizedSelection] = {}
        self._fields: dict[tuple[object, ...], NormalizedField] = {}

    def normalise(self) -> tuple[NormalizedSelection, ...]:
        self._claim_sources()
        self._normalise_children()
        return tuple(
            NormalizedSelection(
                {
                    type_name: tuple(self._field(type_name, item, context) for item in items)
                    for type_name, items in collected.items()
                },
                deferred,
            )
            for (context, collected), deferred in zip(self._collected, self._deferred, strict=True)
        )

    def _claim_sources(self) -> None:
        # All response keys first: a derived key such as `x_1` must not take the one of a later field.
        for _, collected in self._collected:
            for items in {id(items): items for items in collected.values()}.values():
                for item in items:
                    self._keys.reserve(item.response_key)
        for _, collected in self._collected:
            for type_name, items in collected.items():
                for item in items:
                    owner = (type_name, item.response_key)
                    if owner in self._sources:
                        continue
                    name = item.node.name.value
                    arguments = self._normaliser.fields.arguments(item.node)
                    self._sources[owner] = (
                        TYPENAME
                        if name == TYPENAME
                        else self._keys.claim((type_name,), item.response_key, name, arguments)
                    )

    def _normalise_children(self) -> None:
        by_source: dict[str, dict[tuple[object, ...], Variant]] = {}
        for context, collected in self._collected:
            for type_name, items in collected.items():
                for item in items:
                    if item.parts:
                        variant = self._variant(type_name, item, context)
                        source = self._sources[type_name, item.response_key]
                        by_source.setdefault(source, {})[variant.key] = variant
        # Fields with one source key are at one response path: the keys below them are chosen together.
        for source, variants in by_source.items():
            ordered = tuple(variants.values())
            selections = self._normaliser.normalise(ordered, self._depth + 1)
            for variant, selection in zip(ordered, selections, strict=True):
                self._children[source, *variant.key] = selection

    def _variant(self, type_name: str, item: Collected, context: Conditions) -> Variant:
        output = get_named_type(self._normaliser.fields.type_of(type_name, item.node.name.value))
        return Variant(output.name, item.parts, _context(context, item.conditions))

    def _field(self, type_name: str, item: Collected, context: Conditions) -> NormalizedField:
        name = item.node.name.value
        output = self._normaliser.fields.type_of(type_name, name)
        source = self._sources[type_name, item.response_key]
        selection: NormalizedSelection | None = None
        if item.parts:
            selection = self._children[(source, *self._variant(type_name, item, context).key)]
        key = (id(item), source, str(output), id(selection))
        found = self._fields.get(key)
        if found is None:
            has_deferrals = self._normaliser.has_deferrals
            others = [d for d in item.node.directives or () if d.name.value not in ("skip", "include")]
            found = NormalizedField(
                response_key=item.response_key,
                source=source,
                name=name,
                type=output,
                arguments=self._normaliser.fields.arguments(item.node),
                directives=" ".join(print_ast(directive) for directive in others),
                directive_variables=variable_names(others),
                conditions=without_deferral(item.conditions) if has_deferrals else item.conditions,
                selection=selection,
                shown=item.conditions if has_deferrals else None,
                reserves=item.reserves,
            )
            self._fields[key] = found
        return found


def _context(outer: Conditions, own: Conditions) -> Conditions:
    """The conditions that hold below a field for certain: of alternatives, none does."""
    known = own if len(own) == 1 else ()
    return both(outer, known) or outer
