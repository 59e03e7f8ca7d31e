"""Whether a selection can be read, starting at a node: the condition of a key, a `@requires` or a context.

Each path through the selection is resolved on its own, through as many subgraphs as needed. A condition that
depends on itself does not hold: where `a` requires `b` of another subgraph and `b` requires `a`, neither can
be read first.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from graphql import OperationType

from marquee_schema.composition.selected_fields import normalized
from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.query_graph import Node, QueryGraph
from marquee_schema.supergraph import JoinedSchema

Step: TypeAlias = FieldSetField | str
"""A field, or the name of the type that a fragment narrows to."""

_NONE: frozenset[str] = frozenset()
_NOTHING_PENDING: frozenset[FieldSet] = frozenset()


@lru_cache(maxsize=65536)
def leaf_paths(selections: FieldSet) -> tuple[tuple[Step, ...], ...]:
    """Every path from the top of a selection to one of its leaves."""
    return tuple(_paths(selections))


@lru_cache(maxsize=65536)
def same_selection(selections: FieldSet) -> frozenset[object]:
    """A value that is equal for selections that differ in order only."""
    return normalized(selections)


def _paths(selections: FieldSet) -> Iterator[tuple[Step, ...]]:
    for item in selections:
        if isinstance(item, FieldSetField):
            if not item.selections:
                yield (item,)
            for path in _paths(item.selections):
                yield (item, *path)
        else:
            for path in _paths(item.selections):
                yield (item.type_condition, *path)


class BudgetExceededError(Exception):
    """The subgraphs offer more paths than the check may try."""


MAX_QUESTIONS = 2_000_000


@dataclass(frozen=True, slots=True)
class _Question:
    """Can `path` be read at `node`?

    `is_fresh` is true until something is read after the node was entered. The `excluded` subgraphs cannot be
    entered, and the `pending` conditions are being resolved already.
    """

    node: Node
    path: tuple[Step, ...]
    is_fresh: bool
    excluded: frozenset[str]
    pending: frozenset[FieldSet]


@dataclass(slots=True)
class ConditionResolver:
    """Answers questions, and remembers the answers."""

    graph: QueryGraph[JoinedSchema]
    _answers: dict[_Question, bool] = field(default_factory=dict)
    _open: set[_Question] = field(default_factory=set)
    _cut_short: int = 0
    _asked: int = 0

    def holds(
        self,
        node: Node,
        selections: FieldSet,
        excluded: frozenset[str] = _NONE,
        pending: frozenset[FieldSet] = _NOTHING_PENDING,
    ) -> bool:
        """True if every path of a selection can be read at a node without entering the excluded subgraphs."""
        inside = pending | {selections}
        return all(
            self._is_plain(node, path) or self._can_read(_Question(node, path, True, excluded, inside))
            for path in leaf_paths(selections)
        )

    def _is_plain(self, node: Node, path: tuple[Step, ...]) -> bool:
        """The most frequent case, answered at once: a leaf of the subgraph's own, such as a key's `id`."""
        if len(path) != 1 or not isinstance(path[0], FieldSetField):
            return False
        edge = self.graph.field_edge(node, path[0].name)
        return edge is not None and edge.head is None and edge.condition is None and not edge.is_conditional

    def reachable(
        self, node: Node, excluded: frozenset[str] = _NONE, pending: frozenset[FieldSet] = _NOTHING_PENDING
    ) -> list[Node]:
        """Every node of the same object in other subgraphs that keys lead to, directly or through others.

        Breadth first over entity edges. A subgraph that was entered by a key is not left by an equal key: a
        subgraph with that key was reachable from the start by the same edge.
        """
        entered: dict[Node, frozenset[object]] = {}
        roots = (edge.head for edge in self.graph.root_edges(node, tuple(OperationType)))
        found = [root for root in roots if root.subgraph not in excluded]
        queue = deque([node])
        while queue:
            current = queue.popleft()
            for edge in self.graph.entity_edges_from(current):
                head = edge.head
                if head in entered or head.subgraph == node.subgraph or head.subgraph in excluded:
                    continue
                key = same_selection(edge.key.selection)
                if edge.key.selection in pending or entered.get(current) == key:
                    continue
                # The key must be readable without the subgraph that it leads to. From `a` with `id`, a key
                # `sku` of `b` does not help if only `b` resolves `sku`.
                if self.holds(current, edge.key.selection, excluded | {head.subgraph}, pending):
                    entered[head] = key
                    queue.append(head)
        return [*found, *entered]

    def _can_read(self, question: _Question) -> bool:
        known = self._answers.get(question)
        if known is not None:
            return known
        if question in self._open:
            self._cut_short += 1
            return False
        self._asked += 1
        if self._asked > MAX_QUESTIONS:
            raise BudgetExceededError
        self._open.add(question)
        before = self._cut_short
        answer = self._find(question)
        self._open.discard(question)
        # A "no" that was cut short by an open question holds only below that question: from elsewhere the
        # same path may be readable. So it is remembered only when nothing was cut short, or nothing is open.
        if answer or self._cut_short == before or not self._open:
            self._answers[question] = answer
        return answer

    def _find(self, question: _Question) -> bool:
        if not question.path:
            return True
        step = question.path[0]
        if isinstance(step, str):
            return self._find_narrowed(question, step)
        if self._reads_here(question, step):
            return True
        for head in self._moves(question):
            moved = _Question(head, question.path, True, question.excluded, question.pending)
            if self._reads_here(moved, step):
                return True
        return False

    def _moves(self, question: _Question) -> list[Node]:
        """The nodes of the same object in other subgraphs."""
        return self.reachable(question.node, question.excluded, question.pending)

    def _find_narrowed(self, question: _Question, type_name: str) -> bool:
        """A fragment: the rest of the path must be readable on every object type that it leaves."""
        graph, node, rest = self.graph, question.node, question.path[1:]
        if node.type_name == type_name:
            return self._next(question, node, rest, is_fresh=question.is_fresh)
        merged = graph.supergraph.possible_types.get(type_name, frozenset())
        if graph.is_abstract(node):
            narrowed = graph.runtime_types(node) & merged
            return all(
                self._next(question, graph.narrow_by_fragments(node, name), rest, is_fresh=False)
                for name in sorted(narrowed)
            )
        if node.type_name in merged:
            return self._next(question, node, rest, is_fresh=question.is_fresh)
        return graph.is_interface_object(node.type_name, node.subgraph) and self._next(
            question, node, rest, is_fresh=False
        )

    def _reads_here(self, question: _Question, step: FieldSetField) -> bool:
        """The field at the node itself, or in every object type that the node can be."""
        graph, node, rest = self.graph, question.node, question.path[1:]
        # An interface object cannot resolve the type of its objects, so `__typename` is read elsewhere.
        if step.name == "__typename":
            return not graph.is_interface_object(node.type_name, node.subgraph)
        edge = graph.field_edge(node, step.name)
        # A condition must hold in every request, so a field that depends on an override label or on the path
        # cannot be relied on.
        if edge is not None and edge.condition is None and not edge.context_arguments:
            holds = not edge.requires or self._requirements_hold(node, edge.requires, question.is_fresh)
            if holds and (edge.head is None or self._next(question, edge.head, rest, is_fresh=False)):
                return True
        if not graph.is_abstract(node):
            return False
        types = sorted(graph.runtime_types(node))
        return bool(types) and all(
            self._next(question, graph.narrow_by_fragments(node, name), question.path, is_fresh=False)
            for name in types
        )

    def _requirements_hold(self, node: Node, requires: FieldSet, is_fresh: bool) -> bool:
        return (is_fresh or self.graph.has_own_key(node)) and self.holds(node, requires)

    def _next(self, question: _Question, node: Node, path: tuple[Step, ...], *, is_fresh: bool) -> bool:
        return self._can_read(_Question(node, path, is_fresh, question.excluded, question.pending))
