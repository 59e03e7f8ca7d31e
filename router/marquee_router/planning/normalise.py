"""First stage: from a valid document to a `NormalizedOperation`.

Owns the merging of fragments and of repeated fields, the resolving of constant conditions, and the choice of
source keys. Works place by place: all ways in which one place of the data is asked for are seen together, so
that keys are told apart exactly where they would clash. Never decides where anything is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLNonNull,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    is_interface_type,
    is_object_type,
    print_ast,
)
from graphql.language import ArgumentNode, Visitor, visit
from graphql.type import SchemaMetaFieldDef, TypeMetaFieldDef

from marquee_router.planning.collect_fields import Collected, Collector, Variant
from marquee_router.planning.conditions import both
from marquee_router.planning.deferral import Deferrals, without_deferral
from marquee_router.planning.errors import NormalisationError, TooComplexError
from marquee_router.planning.operation import (
    Argument,
    NormalizedField,
    NormalizedOperation,
    NormalizedSelection,
    Variable,
)
from marquee_router.planning.plan import Conditions, DeferredHere, OperationKind
from marquee_router.planning.source_keys import TYPENAME, Shapes, SourceKeys
from marquee_schema.supergraph import Supergraph

_META_FIELDS: Mapping[str, GraphQLOutputType] = {
    TYPENAME: GraphQLNonNull(GraphQLString),
    "__schema": SchemaMetaFieldDef.type,
    "__type": TypeMetaFieldDef.type,
}


@dataclass(frozen=True, slots=True)
class NormalisationLimits:
    """How large an operation may be."""

    max_depth: int = 120
    max_selections: int = 100_000


def normalise(
    document: DocumentNode,
    operation_name: str | None,
    supergraph: Supergraph,
    limits: NormalisationLimits | None = None,
    *,
    deferrals: Deferrals | None = None,
) -> NormalizedOperation:
    """Normalise the named (or only) operation of a document that is valid against the API schema.

    Fragments are put off as `@defer` asks only with `deferrals`, which takes them.
    Raises `NormalisationError` when there is no such operation, `TooComplexError` when a bound is reached.
    """
    operation = _find_operation(document, operation_name)
    kind = OperationKind(operation.operation.value)
    root = supergraph.api_schema.get_root_type(operation.operation)
    if root is None:
        raise NormalisationError(f"The schema has no {kind.value} type")
    if kind is OperationKind.SUBSCRIPTION:
        deferrals = None  # each event is one answer
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    normaliser = _Normaliser(supergraph, fragments, limits or NormalisationLimits(), deferrals)
    variant = Variant(root.name, ((operation.selection_set, ()),))
    (selection,) = normaliser.place((variant,), 1)
    return NormalizedOperation(
        kind=kind,
        name=operation.name.value if operation.name is not None else None,
        root_type=root.name,
        selection=selection,
        variables=_variables(operation),
        deferrals=deferrals.found if deferrals is not None else (),
    )


def _find_operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name is not None:
        operations = [o for o in operations if o.name is not None and o.name.value == name]
    if len(operations) != 1:
        wanted = f'operation named "{name}"' if name is not None else "single operation"
        raise NormalisationError(f"The document has no {wanted}")
    return operations[0]


def _variables(operation: OperationDefinitionNode) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for node in operation.variable_definitions or ():
        default = f" = {print_ast(node.default_value)}" if node.default_value is not None else ""
        name = node.variable.name.value
        found[name] = Variable(name, print_ast(node.type) + default)
    return found


class _Normaliser:
    """Normalises place by place; equal places are done once."""

    def __init__(
        self,
        supergraph: Supergraph,
        fragments: Mapping[str, FragmentDefinitionNode],
        limits: NormalisationLimits,
        deferrals: Deferrals | None = None,
    ) -> None:
        self._schema: GraphQLSchema = supergraph.api_schema
        self._collector = Collector(self._schema, fragments, limits.max_selections, deferrals)
        self.defers = deferrals is not None
        self._limits = limits
        self._shapes = Shapes(supergraph)
        self._places: dict[tuple[object, ...], tuple[NormalizedSelection, ...]] = {}
        self._arguments: dict[int, tuple[Argument, ...]] = {}

    def place(self, variants: tuple[Variant, ...], depth: int) -> tuple[NormalizedSelection, ...]:
        """A selection per variant; their source keys are chosen together."""
        if depth > self._limits.max_depth:
            raise TooComplexError(f"The operation is nested more than {self._limits.max_depth} levels deep")
        key = tuple(variant.key for variant in variants)
        remembered = self._places.get(key)
        if remembered is None:
            remembered = _Place(self, variants, depth).normalise()
            self._places[key] = remembered
        return remembered

    def collect(self, variant: Variant) -> dict[str, tuple[Collected, ...]]:
        """The fields of one variant per object type."""
        return self._collector.collect(variant)

    def deferred(self, variant: Variant) -> Mapping[str, tuple[DeferredHere, ...]]:
        """The deferred fragments of a collected variant per object type."""
        return self._collector.deferred(variant) if self.defers else {}

    def source_keys(self) -> SourceKeys:
        """An empty set of keys for a new place."""
        return SourceKeys(self._shapes)

    def arguments(self, node: FieldNode) -> tuple[Argument, ...]:
        """The arguments of a field node as text."""
        found = self._arguments.get(id(node))
        if found is None:
            found = tuple(
                Argument(a.name.value, print_ast(a.value), _variable_names([a])) for a in node.arguments or ()
            )
            self._arguments[id(node)] = found
        return found

    def field_type(self, type_name: str, name: str) -> GraphQLOutputType:
        """The type of a field in the API schema, meta fields included."""
        if name in _META_FIELDS:
            return _META_FIELDS[name]
        owner = self._schema.get_type(type_name)
        if (is_object_type(owner) or is_interface_type(owner)) and name in owner.fields:
            output: GraphQLOutputType = owner.fields[name].type
            return output
        raise NormalisationError(f'Type "{type_name}" has no field "{name}"')


class _Place:
    """One place of the data, in all the variants in which it is asked for."""

    def __init__(self, normaliser: _Normaliser, variants: tuple[Variant, ...], depth: int) -> None:
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
        for _, collected in self._collected:
            for items in {id(items): items for items in collected.values()}.values():
                for item in items:
                    self._keys.reserve(item.response_key)
        for _, collected in self._collected:
            for type_name, items in collected.items():
                for item in items:
                    place = (type_name, item.response_key)
                    if place in self._sources:
                        continue
                    name = item.node.name.value
                    arguments = self._normaliser.arguments(item.node)
                    self._sources[place] = (
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
        for source, variants in by_source.items():
            ordered = tuple(variants.values())
            selections = self._normaliser.place(ordered, self._depth + 1)
            for variant, selection in zip(ordered, selections, strict=True):
                self._children[source, *variant.key] = selection

    def _variant(self, type_name: str, item: Collected, context: Conditions) -> Variant:
        output = get_named_type(self._normaliser.field_type(type_name, item.node.name.value))
        return Variant(output.name, item.parts, _context(context, item.conditions))

    def _field(self, type_name: str, item: Collected, context: Conditions) -> NormalizedField:
        name = item.node.name.value
        output = self._normaliser.field_type(type_name, name)
        source = self._sources[type_name, item.response_key]
        selection: NormalizedSelection | None = None
        if item.parts:
            selection = self._children[(source, *self._variant(type_name, item, context).key)]
        key = (id(item), source, str(output), id(selection))
        found = self._fields.get(key)
        if found is None:
            others = [d for d in item.node.directives or () if d.name.value not in ("skip", "include")]
            found = NormalizedField(
                response_key=item.response_key,
                source=source,
                name=name,
                type=output,
                arguments=self._normaliser.arguments(item.node),
                directives=" ".join(print_ast(directive) for directive in others),
                directive_variables=_variable_names(others),
                conditions=without_deferral(item.conditions) if self._normaliser.defers else item.conditions,
                selection=selection,
                shown=item.conditions if self._normaliser.defers else None,
                reserves=item.reserves,
            )
            self._fields[key] = found
        return found


def _context(outer: Conditions, own: Conditions) -> Conditions:
    """What is known below a field; alternatives say nothing certain."""
    known = own if len(own) == 1 else ()
    return both(outer, known) or outer


class _VariableNames(Visitor):
    """Gathers the names of variables in a value."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[str, None] = {}

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names[node.name.value] = None


def _variable_names(nodes: Sequence[ArgumentNode | DirectiveNode]) -> tuple[str, ...]:
    visitor = _VariableNames()
    for node in nodes:
        visit(node, visitor)
    return tuple(visitor.names)
