"""Second stage: walk the query graph along the operation and find every way to read each field.

Owns the order of the walk, place by place, and its bound. What can be read at one place for one set of types
is `Branch`'s. The result is a list of units, each with its options; nothing is chosen here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias

from graphql import OperationType

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    FetchIdentity,
    FieldCandidates,
)
from marquee_router.planning.candidates.fields import Branch, Guard
from marquee_router.planning.candidates.null_propagation import takes_along
from marquee_router.planning.conditions import ALWAYS, any_of
from marquee_router.planning.errors import NoPathError, TooComplexError
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import OperationKind, Path, TypeCondition
from marquee_router.planning.response_position import ResponsePosition
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.query_graph import Node

_Want: TypeAlias = tuple[NormalizedField, frozenset[str]]
_INTROSPECTION = frozenset({"__schema", "__type"})
_OPERATIONS = {
    OperationKind.QUERY: OperationType.QUERY,
    OperationKind.MUTATION: OperationType.MUTATION,
    OperationKind.SUBSCRIPTION: OperationType.SUBSCRIPTION,
}


class Walk:
    """One walk of the query graph; bounded by the number of ways it may look at."""

    def __init__(self, reach: ActiveGraph, max_ways: int) -> None:
        self.reach = reach
        self._max_ways = self._remaining = max_ways
        self._points: dict[FetchIdentity, CandidateFetch] = {}
        self._held: list[NormalizedSelection] = []
        self._known_classes: dict[tuple[object, ...], list[frozenset[str]]] = {}

    def operation(
        self,
        kind: OperationKind,
        place: ResponsePosition,
        selection: NormalizedSelection,
        subgraphs: frozenset[str] | None = None,
    ) -> list[FieldCandidates]:
        """The units of a root selection; `subgraphs`, when given, are the only ones to begin in.

        Raises `NoPathError` when a field cannot be reached.
        """
        bases = tuple(
            self._root_access(place, node)
            for node in self.reach.graph.roots(_OPERATIONS[kind])
            if subgraphs is None or node.subgraph in subgraphs
        )
        units: list[FieldCandidates] = []
        types = frozenset(node.type_name for node in self.reach.graph.roots(_OPERATIONS[kind]))
        self.select(place, (), bases, selection, units, frozenset(), types)
        return units

    def _root_access(self, place: ResponsePosition, node: Node) -> CandidatePath:
        types = frozenset((node.type_name,))
        point = CandidateFetch(
            identity=("root", node.subgraph), node=node, place=place, path=(), types=types, stage=0
        )
        return CandidatePath(place, node, point, types, typed=True)

    def spend(self, ways: int) -> None:
        """Count ways that are looked at. Raises `TooComplexError` when there were too many."""
        self._remaining -= ways
        if self._remaining < 0:
            raise TooComplexError(
                f"There are more than {self._max_ways} ways through the subgraphs to answer the operation:"
                " ask for less at once",
                self._max_ways,
            )

    def point(self, candidate: CandidateFetch) -> CandidateFetch:
        """The fetch point of the same identity that was found first."""
        return self._points.setdefault(candidate.identity, candidate)

    def select(
        self,
        place: ResponsePosition,
        path: Path,
        bases: tuple[CandidatePath, ...],
        selection: NormalizedSelection,
        units: list[FieldCandidates],
        guard: Guard,
        everyone: frozenset[str],
        above: Branch | None = None,
    ) -> None:
        """Find the units of a selection at a place reached by `bases`, for objects of `everyone`'s types.

        They are values of a field that was read `above`.

        Subgraphs that share a field agree on its value: a type that the nearest do not know does not arrive.
        """
        self._held.append(selection)
        wants = _group(selection, everyone)
        typed = tuple(access for access in bases if access.typed)
        if typed and len(typed) < len(bases):
            alone = self._read_untold(place, path, bases, wants, everyone, guard, above)
            if alone:
                units.extend(alone)
                return
        if path:
            units.append(FieldCandidates(place, everyone, None, typed or bases))
        untyped = not typed and bool(bases)
        if typed and len(typed) < len(bases):
            wants = self._read_beside(place, path, bases, selection, wants, everyone, units, guard, above)
        elif untyped:
            untold = Branch(self, place, path, _untold(bases), everyone, bases, above)
            wants, typed = self._select_untyped(
                untold, place, path, selection, wants, everyone, units, guard, above
            )
        branches: dict[frozenset[str], Branch] = {}
        for field, types in wants:
            if field.name == TYPENAME:
                self._add_typename(place, field, types, typed, units)
            elif field.name not in _INTROSPECTION:
                for same in self._classes(types, field.name, typed):
                    own = tuple(access for access in typed if same <= access.types)
                    if not own:
                        continue  # no subgraph that is asked here can return these types
                    if same not in branches:
                        partial = untyped or same != everyone
                        own_path = (*path, TypeCondition(same)) if partial else path
                        branches[same] = Branch(self, place, own_path, min(same), same, own, above)
                    units.extend(self._read(branches[same], field, guard, may_arrive=len(own) == len(typed)))

    def _read(
        self, branch: Branch, field: NormalizedField, guard: Guard, *, may_arrive: bool
    ) -> list[FieldCandidates]:
        """The units of a field; none when nobody answers it for objects that, all agreeing, never arrive."""
        found: list[FieldCandidates] = []
        try:
            branch.read(field, found, guard)
        except NoPathError:
            if may_arrive:
                raise
            return []
        return found

    def _read_untold(
        self,
        place: ResponsePosition,
        path: Path,
        bases: tuple[CandidatePath, ...],
        wants: list[_Want],
        everyone: frozenset[str],
        guard: Guard,
        above: Branch | None,
    ) -> list[FieldCandidates]:
        """The units of a selection that `@interfaceObject`s answer without any type, some of it they alone;
        none where that is not so.
        """
        typed = [access for access in bases if access.typed]
        known = min(access.stage for access in typed)
        near = tuple(access for access in bases if not access.typed and access.stage <= known)
        if not near or any(types != everyone or field.name == TYPENAME for field, types in wants):
            return []
        nodes = [self.reach.narrow(access.node, name) for access in typed for name in access.types]
        if all(any(self.reach.edge(node, field.name) for node in nodes) for field, _ in wants):
            return []
        found = [FieldCandidates(place, everyone, None, near)]
        try:
            branch = Branch(self, place, path, _untold(near), everyone, near, above, hops=False)
            for field, _ in wants:
                branch.read(field, found, guard)
        except NoPathError:
            return []
        return found

    def _read_beside(
        self,
        place: ResponsePosition,
        path: Path,
        bases: tuple[CandidatePath, ...],
        selection: NormalizedSelection,
        wants: list[_Want],
        everyone: frozenset[str],
        units: list[FieldCandidates],
        guard: Guard,
        above: Branch | None,
    ) -> list[_Want]:
        """Read what an `@interfaceObject` has of objects whose types another fetch tells; returns the rest.

        Nothing that takes a hop from there, which would have to wait for the types; below a field it may.
        """
        typed = tuple(access for access in bases if access.typed)
        beside = [replace(access, anonymous=True) for access in bases if not access.typed]
        known = min(access.stage for access in typed)
        asked = frozenset[str]().union(*(types for _, types in wants))
        remaining: list[_Want] = []
        for want in wants:
            field, types = want
            options = tuple(
                access for access in beside if self.reach.answers_field(access.node, field, strict=True)
            )
            if field.name == TYPENAME or self._is_direct(typed, want):
                remaining.append(want)
            elif not options:
                near = tuple(access for access in beside if access.stage <= known)
                inside = self._read_inside(place, path, near, want, guard, above) if types == everyone else []
                units.extend(inside)
                remaining.extend([] if inside else [want])
            elif (
                types == asked
                and min(access.stage for access in options) <= known
                and not self._takes_along(selection, want, everyone)
            ) or not self._is_readable(place, path, typed, want, guard, above):
                units.append(FieldCandidates(place, types, field, options, whole=field.selection is not None))
            else:
                remaining.append(want)
        return remaining

    def _read_inside(
        self,
        place: ResponsePosition,
        path: Path,
        beside: tuple[CandidatePath, ...],
        want: _Want,
        guard: Guard,
        above: Branch | None,
    ) -> list[FieldCandidates]:
        """The units of a field that an `@interfaceObject` has, with hops below it; none if it has not."""
        field, types = want
        edges = ((access, self.reach.edge(access.node, field.name)) for access in beside)
        having = tuple(access for access, edge in edges if edge is not None and not edge.is_conditional)
        found: list[FieldCandidates] = []
        if having and field.selection is not None:
            try:
                branch = Branch(self, place, path, _untold(having), types, having, above, hops=False)
                branch.read(field, found, guard)
            except NoPathError:
                return []
        return found

    def _is_direct(self, typed: tuple[CandidatePath, ...], want: _Want) -> bool:
        """Whether who tells the types reads the field as well."""
        field, types = want
        return any(
            all(
                self.reach.answers_field(self.reach.narrow(access.node, name), field, strict=False)
                for name in types & access.types
            )
            for access in typed
        )

    def _is_readable(
        self,
        place: ResponsePosition,
        path: Path,
        typed: tuple[CandidatePath, ...],
        want: _Want,
        guard: Guard,
        above: Branch | None,
    ) -> bool:
        """Whether the field can be read by hops from where the types are told."""
        field, types = want
        try:
            for same in self._classes(types, field.name, typed):
                own_path = (*path, TypeCondition(same))
                Branch(self, place, own_path, min(same), same, typed, above).read(field, [], guard)
        except NoPathError:
            return False
        return True

    def _add_typename(
        self,
        place: ResponsePosition,
        field: NormalizedField,
        types: frozenset[str],
        typed: tuple[CandidatePath, ...],
        units: list[FieldCandidates],
    ) -> None:
        """Root types are left out: everybody knows their names, and a subgraph may call them otherwise."""
        roots = self.reach.supergraph.root_types.values()
        covering = tuple(access for access in typed if access.types & types)
        if covering and not types & set(roots):
            units.append(FieldCandidates(place, types, field, covering))

    def _select_untyped(
        self,
        branch: Branch,
        place: ResponsePosition,
        path: Path,
        selection: NormalizedSelection,
        wants: list[_Want],
        everyone: frozenset[str],
        units: list[FieldCandidates],
        guard: Guard,
        above: Branch | None,
    ) -> tuple[list[_Want], tuple[CandidatePath, ...]]:
        """Read what can be read without knowing types; where types matter, ask the interface's owner."""
        asked = everyone & selection.by_type.keys()
        remaining: list[_Want] = []
        needing: list[_Want] = []
        doubtful: list[tuple[_Want, list[FieldCandidates]]] = []
        for want in wants:
            field, types = want
            if types != asked or field.name == TYPENAME:
                needing.append(want)
            found: list[FieldCandidates] = []
            try:
                if field.name == TYPENAME:
                    raise NoPathError("only the owner of an interface knows types", _keys(path))
                branch.read(field, found, guard)
            except NoPathError:
                remaining.append(want)
                continue
            if types != asked and all(option.typed for unit in found for option in unit.options):
                remaining.append(want)  # whoever tells the types reads it of these types only
            elif types != asked and self._takes_along(selection, want, asked):
                doubtful.append((want, found))
            else:
                units.extend(found)
        needing.extend(want for want in remaining if want not in needing)
        if not needing:
            return [], ()
        typed = tuple(access for access in branch.reachable() if access.typed)
        if not typed:
            raise NoPathError(f'No subgraph can tell the type of "{branch.subject}" here', _keys(path))
        for want, found in doubtful:
            if self._is_readable(place, path, typed, want, guard, above):
                remaining.append(want)
            else:
                units.extend(found)
        conditions = any_of(field.conditions for field, _ in needing)
        units.append(FieldCandidates(place, everyone, None, typed, conditions=conditions or ALWAYS))
        return remaining, typed

    def _takes_along(self, selection: NormalizedSelection, want: _Want, asked: frozenset[str]) -> bool:
        """Whether reading a field for all types could cost another one what it asks for itself."""
        field, types = want
        for name in sorted(asked - types):
            other = next((f for f in selection.by_type.get(name, ()) if f.source == field.source), None)
            if takes_along(self.reach.supergraph, min(types), field, other):
                return True
        return False

    def _classes(
        self, types: frozenset[str], name: str, bases: tuple[CandidatePath, ...]
    ) -> list[frozenset[str]]:
        """Split types into sets of which the field is found in the same ways."""
        if len(types) == 1:
            return [types]
        known = (types, name, tuple((access.node, access.types) for access in bases))
        found = self._known_classes.get(known)
        if found is None:
            self.spend(len(types))
            found = self._find_classes(types, name, bases)
            self._known_classes[known] = found
        return found

    def _find_classes(
        self, types: frozenset[str], name: str, bases: tuple[CandidatePath, ...]
    ) -> list[frozenset[str]]:
        classes: dict[object, set[str]] = {}
        for type_name in sorted(types):
            known = tuple(
                (index, self.reach.edge(self.reach.narrow(access.node, type_name), name) is not None)
                for index, access in enumerate(bases)
                if type_name in access.types
            )
            key = (self.reach.resolution(type_name, name), known)
            classes.setdefault(key, set()).add(type_name)
        return [frozenset(members) for members in classes.values()]


def _group(selection: NormalizedSelection, types: frozenset[str]) -> list[_Want]:
    found: dict[tuple[object, ...], tuple[NormalizedField, set[str]]] = {}
    for type_name, fields in selection.by_type.items():
        if type_name in types:
            for field in fields:
                when = (field.conditions, field.shown)
                key = (field.source, id(field.selection), when, field.name == TYPENAME)
                found.setdefault(key, (field, set()))[1].add(type_name)
    return [(field, frozenset(members)) for field, members in found.values()]


def _untold(bases: Iterable[CandidatePath]) -> str:
    """The interface as which the objects are known."""
    return next(access.node.type_name for access in bases if not access.typed)


def _keys(path: Path) -> tuple[str, ...]:
    return tuple(element for element in path if isinstance(element, str))
