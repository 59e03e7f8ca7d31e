"""Object types that are looked up in the same way are looked up once. Owns the grouping, and remembers it."""

from __future__ import annotations

from marquee_router.planning.candidates.candidate import CandidatePath
from marquee_router.planning.candidates.search_position import SearchContext


class TypeGroups:
    """Splits sets of object types by the ways in which a field of theirs can be read."""

    def __init__(self, context: SearchContext) -> None:
        self._context = context
        self._known: dict[tuple[object, ...], list[frozenset[str]]] = {}

    def split(
        self, types: frozenset[str], name: str, arrivals: tuple[CandidatePath, ...]
    ) -> list[frozenset[str]]:
        """Groups of types; within a group the named field is found in the same subgraphs by the same keys.

        For `{ items { price } }`, where A resolves `Book.price` and B `Film.price`: two groups.
        """
        if len(types) == 1:
            return [types]
        key = (types, name, tuple((path.node, path.types) for path in arrivals))
        found = self._known.get(key)
        if found is None:
            self._context.budget.charge(len(types))
            found = self._split(types, name, arrivals)
            self._known[key] = found
        return found

    def _split(
        self, types: frozenset[str], name: str, arrivals: tuple[CandidatePath, ...]
    ) -> list[frozenset[str]]:
        graph = self._context.graph
        groups: dict[object, set[str]] = {}
        for type_name in sorted(types):
            # With their index: two types can differ in the very paths on which they arrive.
            readable = tuple(
                (index, graph.field_edge(graph.narrow(path.node, type_name), name) is not None)
                for index, path in enumerate(arrivals)
                if type_name in path.types
            )
            key = (graph.lookup_signature(type_name, name), readable)
            groups.setdefault(key, set()).add(type_name)
        return [frozenset(members) for members in groups.values()]
