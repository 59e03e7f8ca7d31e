"""What can be read at one place for some object types: directly, by keys, or with what a field requires.

Owns the search for entity hops at a place, in rounds: a hop may use only what earlier rounds made
readable, so no hop ever waits for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    ContextSetter,
    ContextValue,
    FetchEntry,
    FieldCandidates,
    FieldOrigin,
    context_key,
)
from marquee_router.planning.errors import NoPathError
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Each, Path
from marquee_router.planning.response_position import ALIKE, PLAIN, Manner, ResponsePosition
from marquee_schema.field_set import FieldSet
from marquee_schema.query_graph import EntityEdge, FieldEdge, Node
from marquee_schema.supergraph import ContextArgument

if TYPE_CHECKING:
    from marquee_router.planning.candidates.selections import Walk

Guard: TypeAlias = frozenset[tuple[object, ...]]
"""The fields whose requirements are being looked for: a requirement must not lead back to them."""

_Reading: TypeAlias = tuple[CandidatePath, FieldEdge]


class Branch:
    """A place, some object types that behave alike there, and the accesses by which they arrive.

    `subject` is one of the types (all are alike), or the interface where types are not known; `above` is the
    branch of the objects whose field these are.
    """

    def __init__(
        self,
        walk: Walk,
        place: ResponsePosition,
        path: Path,
        subject: str,
        types: frozenset[str],
        bases: tuple[CandidatePath, ...],
        above: Branch | None = None,
        *,
        hops: bool = True,
    ) -> None:
        walk.spend(1)
        self._walk = walk
        self._reach = walk.reach
        self._place = place
        self._path = path
        self.subject = subject
        self._types = types
        self._bases = bases
        self._above = above
        self._hops = hops
        self._reachable: tuple[CandidatePath, ...] | None = None
        self._known_entries: dict[Node, list[EntityEdge]] | None = None

    def read(self, field: NormalizedField, units: list[FieldCandidates], guard: Guard) -> None:
        """Add the units that reading the field, and all below it, takes. Raises `NoPathError`."""
        self._walk.spend(len(self._bases))
        earliest = min(access.stage for access in self._bases)
        direct = [r for r in self._readings(self._bases, field.name) if self._is_free(r)]
        home = [r for r in direct if r[0].stage == earliest]
        selection = field.selection
        whole = home if selection is None else self._whole(home, selection)
        if whole and (selection is None or len(whole) == len(home) or self._any_untyped(whole)):
            self._add(field, whole, units, whole=selection is not None)
            return
        if whole:  # others may answer it together, by fetches that are made anyway
            readings = [*whole, *(reading for reading in home if reading not in whole)]
        else:
            readings = self._all_readings(field.name, guard)
        if not readings:
            keys = (*(e for e in self._path if isinstance(e, str)), field.response_key)
            raise NoPathError(
                f'No subgraph can answer "{self.subject}.{field.name}" at {".".join(keys)}', keys
            )
        if selection is None:
            self._add(field, readings, units, whole=False)
            return
        place = self._place.child(field.source)
        lists = readings[0][1].type.count("[")
        path: Path = (*self._path, field.source, *(Each.ITEM,) * lists)
        below = tuple(self._below(access, edge.head, field, place) for access, edge in readings if edge.head)
        types = [self._reach.possible(edge.head) for _, edge in home or readings if edge.head]
        everyone = frozenset[str]().union(*types)
        self._walk.select(place, path, below, selection, units, guard, everyone, self)

    def _field_set(self, field_set: FieldSet, subgraph: str | None = None) -> NormalizedSelection:
        """The field set asked for here; `subgraph` is to whom it will be sent."""
        alike = self._reach.is_abstract(self.subject)  # then types are not known
        manner = ALIKE if alike else PLAIN
        if self._reach.names_types_of(field_set):
            manner = Manner(alike=alike, subgraph=subgraph)
        return self._place.field_set(self._types, field_set, manner)

    def _whole(self, readings: list[_Reading], selection: NormalizedSelection) -> list[_Reading]:
        """Those that answer all below the field; if possible for all types, else for the types they know."""
        for strict in (True, False):
            found = [
                (access, edge)
                for access, edge in readings
                if edge.head and self._reach.answers_whole(edge.head, selection, strict=strict)
            ]
            if found:
                return found
        return []

    def _any_untyped(self, readings: list[_Reading]) -> bool:
        """Whether an `@interfaceObject` answers: then nobody need be asked for types."""
        return any(edge.head is not None and not self._reach.is_typed(edge.head) for _, edge in readings)

    def _is_free(self, reading: _Reading) -> bool:
        """Whether the field requires nothing, or only what is provided right there."""
        access, edge = reading
        if edge.context_arguments:
            return False
        if not edge.requires:
            return True
        required = self._field_set(edge.requires)
        node = self._reach.narrow(access.node, self.subject)
        return access.origin is not None and self._reach.answers_whole(node, required, strict=False)

    def _add(
        self, field: NormalizedField, readings: list[_Reading], units: list[FieldCandidates], *, whole: bool
    ) -> None:
        options = tuple(access for access, _ in readings)
        units.append(FieldCandidates(self._place, self._types, field, options, whole))

    def _below(
        self, access: CandidatePath, head: Node, field: NormalizedField, place: ResponsePosition
    ) -> CandidatePath:
        return CandidatePath(
            place=place,
            node=head,
            fetch=access.fetch,
            types=self._reach.possible(head),
            typed=self._reach.is_typed(head),
            origin=FieldOrigin(access, field, self._types),
        )

    def _readings(self, accesses: tuple[CandidatePath, ...], name: str) -> list[_Reading]:
        found: list[_Reading] = []
        for access in accesses:
            edge = self._reach.edge(self._reach.narrow(access.node, self.subject), name)
            if edge is not None:
                found.append((access, edge))
        return found

    def _all_readings(self, name: str, guard: Guard) -> list[_Reading]:
        found = [r for r in self._readings(self.reachable(), name) if self._is_free(r)]
        if self._hops:
            found.extend(self._requiring_readings(name, guard))
        return found

    def _requiring_readings(self, name: str, guard: Guard) -> list[_Reading]:
        found: list[_Reading] = []
        for head, entries in self._entries().items():
            edge = self._reach.edge(head, name)
            mark = (id(self._place), self._types, head, name)
            if edge is not None and edge.is_conditional and mark not in guard:
                access = self._requiring_access(head, entries, edge, guard | {mark})
                if access is not None:
                    found.append((access, edge))
        return found

    def _entries(self) -> dict[Node, list[EntityEdge]]:
        """Ways into each subgraph; back into where the object comes from, if need be, by any key."""
        if self._known_entries is not None:
            return self._known_entries
        found: dict[Node, list[EntityEdge]] = {}
        for edge in self._reach.graph.entity_edges(self.subject):
            found.setdefault(edge.head, []).append(edge)
        for access in self._bases:
            for node in self._reach.graph.nodes_of(self.subject, access.node.subgraph):
                if node not in found:
                    found[node] = list(self._reach.graph.return_edges(node))
        self._known_entries = found
        return found

    def _requiring_access(
        self, head: Node, entries: list[EntityEdge], reading: FieldEdge, guard: Guard
    ) -> CandidatePath | None:
        required = self._field_set(reading.requires, head.subgraph)
        needed: list[FieldCandidates] = []
        alternatives: list[FetchEntry] = []
        try:
            self._read_all(required, needed, guard)
            contexts = self._contexts(reading.context_arguments, needed, guard)
        except NoPathError:
            return None
        for edge in entries:
            key = self._field_set(edge.key.selection, edge.head.subgraph)
            units: list[FieldCandidates] = []
            try:
                self._read_all(key, units, guard)
            except NoPathError:
                continue
            alternatives.append(FetchEntry((*units, *needed), edge, key, required))
        return self._enter(head, alternatives, reading.requires, contexts) if alternatives else None

    def _contexts(
        self, arguments: tuple[ContextArgument, ...], units: list[FieldCandidates], guard: Guard
    ) -> tuple[ContextValue, ...]:
        """What fills the arguments, with the units that reading it takes. Raises `NoPathError`."""
        found: dict[tuple[str, str, str], ContextValue] = {}
        for argument in arguments:
            if context_key(argument) not in found:
                setters = tuple(self._setters(argument, units, guard))
                found[context_key(argument)] = ContextValue(argument, setters)
        return tuple(found[key] for key in sorted(found))

    def _setters(
        self, argument: ContextArgument, units: list[FieldCandidates], guard: Guard
    ) -> Iterator[ContextSetter]:
        """The nearest objects above that set the context; where only some of them do, those further above."""
        setters = self._reach.graph.context_setters(argument.context)
        field_set = self._reach.graph.context_selection(argument)
        branch = self._above
        while branch is not None:
            types = branch._types & setters
            if types:
                manner = ALIKE if self._reach.is_abstract(branch.subject) else PLAIN
                selection = branch._place.field_set(types, field_set, manner)
                branch._read_all(selection, units, guard)
                is_everyone = types == branch._types
                yield ContextSetter(branch._path, types, is_everyone, selection)
                if is_everyone:
                    return
            branch = branch._above
        raise NoPathError(f'Nothing above sets the context of "{self.subject}.{argument.name}"', ())

    def _read_all(self, selection: NormalizedSelection, units: list[FieldCandidates], guard: Guard) -> None:
        """Read a field set of this branch's types; types that differ in what is asked are looked at apart."""
        groups: dict[int, tuple[NormalizedField, set[str]]] = {}
        for type_name, fields in selection.by_type.items():
            for field in fields:
                groups.setdefault(id(field), (field, set()))[1].add(type_name)
        for field, types in groups.values():
            branch = self
            if types != self._types and self._types:
                same = frozenset(types)
                subject = min(same)
                branch = Branch(
                    self._walk,
                    self._place,
                    self._path,
                    subject,
                    same,
                    self.reachable(),
                    self._above,
                    hops=self._hops,
                )
            branch.read(field, units, guard)

    def reachable(self) -> tuple[CandidatePath, ...]:
        """The bases, and every entity hop that their fields allow, the nearest first."""
        if self._reachable is None:
            self._reachable = self._bases
            if self._hops:
                self._reachable = (*self._bases, *self._root_hops(), *self._entity_hops())
        return self._reachable

    def _root_hops(self) -> list[CandidatePath]:
        if not self._path:
            return []
        bases = {access.node.subgraph for access in self._bases}
        existence = FieldCandidates(self._place, self._types, None, self._bases)
        edges = self._reach.graph.root_edges(Node(self.subject, self._bases[0].node.subgraph))
        heads = [edge.head for edge in edges if edge.head.subgraph not in bases]
        return [self._enter(head, [FetchEntry((existence,))]) for head in heads]

    def _entity_hops(self) -> list[CandidatePath]:
        edges = self._reach.graph.entity_edges(self.subject)
        earliest = min(access.stage for access in self._bases)
        near = {access.node.subgraph for access in self._bases if access.typed and access.stage == earliest}
        pending = [edge for edge in edges if edge.head.subgraph not in near]
        found: list[CandidatePath] = []
        while pending:
            self._walk.spend(len(pending))
            allowed = (*self._bases, *found)
            readable = Branch(
                self._walk,
                self._place,
                self._path,
                self.subject,
                self._types,
                allowed,
                self._above,
                hops=False,
            )
            round_: dict[Node, list[FetchEntry]] = {}
            for edge in pending:
                alternative = readable.key_alternative(edge)
                if alternative is not None:
                    round_.setdefault(edge.head, []).append(alternative)
            if not round_:
                break
            entered = [self._enter(head, alternatives) for head, alternatives in round_.items()]
            found.extend(access for access in entered if self._is_nearer(access))
            pending = [edge for edge in pending if edge.head not in round_]
        return found

    def _is_nearer(self, access: CandidatePath) -> bool:
        """Hopping to a subgraph that has the object already is of use only when it is not later."""
        return all(
            access.stage <= base.stage
            for base in self._bases
            if base.node.subgraph == access.node.subgraph and base.typed == access.typed
        )

    def key_alternative(self, edge: EntityEdge) -> FetchEntry | None:
        """Entering by this key, when this branch can read it."""
        key = self._field_set(edge.key.selection, edge.head.subgraph)
        units: list[FieldCandidates] = []
        try:
            self._read_all(key, units, frozenset())
        except NoPathError:
            return None
        return FetchEntry(tuple(units), edge, key)

    def _enter(
        self,
        head: Node,
        alternatives: list[FetchEntry],
        requires: FieldSet = (),
        contexts: tuple[ContextValue, ...] = (),
    ) -> CandidatePath:
        stage = 1 + min(
            max((min(o.stage for o in unit.options) for unit in alternative.units), default=0)
            for alternative in alternatives
        )
        point = self._walk.point(
            CandidateFetch(
                identity=(self._path, self._types, head, requires, tuple(value.key for value in contexts)),
                node=head,
                place=self._place,
                path=self._path,
                types=self._types,
                stage=stage,
                alternatives=alternatives,
                requires=requires,
                contexts=contexts,
            )
        )
        return CandidatePath(
            place=self._place,
            node=head,
            fetch=point,
            types=self._types & self._reach.possible(head) if self._reach.is_typed(head) else self._types,
            typed=self._reach.is_typed(head) or not self._reach.is_abstract(self.subject),
        )
