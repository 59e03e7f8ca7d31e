"""Arguments that contexts fill: which ancestors of an entity set the context, and what is read of them.

Owns the walk up the parents. The nearest ancestor that sets the context counts:

    type Shop @context(name: "currency") { code: String items: [Item] }
    type Item @key(fields: "id") { price(in: String @fromContext(field: "$currency { code }")): Int }
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import FieldCandidates
from marquee_router.planning.candidates.context_value import (
    ContextKey,
    ContextSetter,
    ContextValue,
    context_key,
)
from marquee_router.planning.candidates.field_sets import FieldSets
from marquee_router.planning.candidates.search_position import Resolving, SearchPosition, Unreachable
from marquee_router.planning.response_tree import PER_TYPE, SAME_KEYS
from marquee_schema.supergraph import ContextArgument


@dataclass(frozen=True, slots=True)
class ContextRead:
    """What fills the arguments of a field, and the candidates of all that is read for it."""

    values: tuple[ContextValue, ...]
    candidates: list[FieldCandidates]


class Contexts:
    """Finds what fills arguments, in one search."""

    def __init__(self, graph: ActiveGraph, field_sets: FieldSets) -> None:
        self._graph = graph
        self._field_sets = field_sets

    def read(
        self, position: SearchPosition, arguments: tuple[ContextArgument, ...], resolving: Resolving
    ) -> ContextRead | Unreachable:
        """What fills the arguments of a field; one value for all arguments that are filled alike."""
        found: dict[ContextKey, ContextValue] = {}
        candidates: list[FieldCandidates] = []
        for argument in arguments:
            if context_key(argument) not in found:
                read = self._read_argument(position, argument, resolving)
                if isinstance(read, Unreachable):
                    return read
                found[context_key(argument)] = read.values[0]
                candidates.extend(read.candidates)
        return ContextRead(tuple(found[key] for key in sorted(found)), candidates)

    def _read_argument(
        self, position: SearchPosition, argument: ContextArgument, resolving: Resolving
    ) -> ContextRead | Unreachable:
        """The nearest ancestors that set the context; where only some of them do, those further up as well.

        Below `{ places { ... } }`, where a `Shop` sets the context and a `Kiosk` does not, what is above
        `places` sets it for the items of a kiosk.
        """
        setting = self._graph.query_graph.context_setters(argument.context)
        field_set = self._graph.query_graph.context_selection(argument)
        setters: list[ContextSetter] = []
        candidates: list[FieldCandidates] = []
        ancestor = position.parent
        while ancestor is not None:
            types = ancestor.types & setting
            if types:
                form = SAME_KEYS if self._graph.is_abstract(ancestor.subject) else PER_TYPE
                selection = ancestor.response.field_set(types, field_set, form)
                read = self._field_sets.read(ancestor, selection, resolving)
                if isinstance(read, Unreachable):
                    return read
                candidates.extend(read)
                covers_path = types == ancestor.types
                setters.append(ContextSetter(ancestor.path, types, covers_path, selection))
                # Every object below has an ancestor here that sets the context: none further up counts.
                if covers_path:
                    return ContextRead((ContextValue(argument, tuple(setters)),), candidates)
            ancestor = ancestor.parent
        return Unreachable(f'Nothing sets the context of "{position.subject}.{argument.name}"', ())
