"""SATISFIABILITY_ERROR, MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED: walks every path of the API schema, and at
each step advances all
positions in subgraphs that could be there at once. Where none survives, no plan exists for the operation.

A type is looked at again only with positions that do not include those it was looked at with before: more
positions can only do more.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import OperationType

from marquee_schema.composition.errors import ErrorCode, Problem
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import (
    CompositeType,
    Field,
    InterfaceType,
    ObjectType,
    Schema,
    UnionType,
)
from marquee_schema.composition.report import Report
from marquee_schema.composition.satisfiability.advancer import Advancer, Labels, Position, Spread
from marquee_schema.composition.satisfiability.conditions import BudgetExceededError, ConditionResolver
from marquee_schema.composition.satisfiability.reasons import Explainer
from marquee_schema.composition.satisfiability.runtime_types import check_runtime_types
from marquee_schema.composition.satisfiability.witness import (
    FieldStep,
    NarrowStep,
    WitnessStep,
    print_witness,
)
from marquee_schema.composition.supergraph.joined import joined_schema
from marquee_schema.composition.type_reference import base_name
from marquee_schema.query_graph import QueryGraph
from marquee_schema.supergraph import JoinedSchema

MAX_STATES = 1_000_000


@dataclass(frozen=True, slots=True)
class _State:
    """A type of the API, reached in a certain way, with all positions that could answer it."""

    type_name: str
    positions: frozenset[Position]
    labels: tuple[tuple[str, bool], ...]
    operation: str
    steps: "_Steps | None"


@dataclass(frozen=True, slots=True)
class _Steps:
    """The way to a state, as a linked list that shares its beginning with others."""

    step: WitnessStep
    before: "_Steps | None"

    def unrolled(self) -> list[WitnessStep]:
        """First step first."""
        steps: list[WitnessStep] = []
        current: _Steps | None = self
        while current is not None:
            steps.append(current.step)
            current = current.before
        return steps[::-1]


def check_satisfiability(context: MergeContext, api: Schema) -> None:
    """Reports each operation that no combination of subgraphs can answer."""
    try:
        _Traversal(context, api).run()
    except (BudgetExceededError, RecursionError):
        context.report.error(
            ErrorCode.MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED,
            "The subgraphs offer too many different paths to check whether every operation can be answered:"
            " reduce the"
            " number of keys and requirements that depend on each other across subgraphs.",
        )


@dataclass(slots=True)
class _Visited:
    """The positions and labels a type was already looked at with."""

    seen: dict[str, list[tuple[frozenset[Position], frozenset[tuple[str, bool]]]]] = field(
        default_factory=dict
    )

    def covers(self, state: _State) -> bool:
        """Whether nothing new can come of the state; remembers it otherwise."""
        labels = frozenset(state.labels)
        entries = self.seen.setdefault(state.type_name, [])
        if any(positions <= state.positions and known <= labels for positions, known in entries):
            return True
        entries.append((state.positions, labels))
        return False


class _Traversal:
    """Breadth first, so that the first operation that fails is a shortest one."""

    def __init__(self, context: MergeContext, api: Schema) -> None:
        self._context = context
        self._api = api
        schema = joined_schema(context)
        self._graph = QueryGraph(schema)
        self._advancer = Advancer(self._graph, ConditionResolver(self._graph), _used_contexts(schema))
        self._explainer = Explainer(context, self._advancer)
        self._visited = _Visited()
        self._labels = _override_labels(schema)
        self._states = 0

    def run(self) -> None:
        """All operation kinds of the API."""
        for operation, name in self._api.roots.items():
            positions = frozenset(Position(node) for node in self._graph.roots(OperationType(operation)))
            root = _State(name, positions, (), operation, None)
            self._walk([root], self._visited, self._context.report)

    def _walk(self, states: list[_State], visited: _Visited, report: Report) -> None:
        index = 0
        while index < len(states):
            state = states[index]
            index += 1
            if visited.covers(state):
                continue
            self._states += 1
            if self._states > MAX_STATES:
                raise BudgetExceededError
            states.extend(self._next_states(state, visited, report))

    def _next_states(self, state: _State, visited: _Visited, report: Report) -> Iterator[_State]:
        target = self._api.types.get(state.type_name)
        spread = self._advancer.spread(state.positions, stays=state.steps is None)
        if isinstance(target, ObjectType):
            for own in target.fields.values():
                for labels in self._label_choices(own, state.labels):
                    yield from self._read(state, spread, own, labels, visited, report)
        elif isinstance(target, InterfaceType | UnionType):
            for candidate in self._api.runtime_types(target.name):
                after = self._narrow(state, spread, candidate.name, report)
                if after is not None:
                    yield after

    def _label_choices(
        self, own: Field, labels: tuple[tuple[str, bool], ...]
    ) -> list[tuple[tuple[str, bool], ...]]:
        """A progressively overridden field is looked at with its label on and off, unless that is decided."""
        names = self._labels.get(own.coordinate)
        if not names:
            return [labels]
        undecided = sorted(names - {name for name, _ in labels})
        if not undecided:
            return [labels]
        return [(*labels, (undecided[0], enabled)) for enabled in (True, False)]

    def _read(
        self,
        state: _State,
        spread: Spread,
        own: Field,
        labels: tuple[tuple[str, bool], ...],
        visited: _Visited,
        report: Report,
    ) -> Iterator[_State]:
        """The field's type with all positions in which it can be read."""
        is_leaf = not isinstance(self._api.types.get(base_name(own.type)), CompositeType | UnionType)
        steps = _Steps(FieldStep(own), state.steps)
        after = self._advancer.read(spread, own.parent.name, own.name, dict(labels), is_leaf=is_leaf)
        if not after:
            self._report(state, steps, own.parent.name, own.name, dict(labels), report)
            return
        if is_leaf:
            return
        reached = _State(base_name(own.type), frozenset(after), labels, state.operation, steps)
        if state.steps is None and state.operation == "mutation":
            yield from self._after_mutation(reached, visited, report)
        elif self._check_shared(own, reached):
            yield reached

    def _check_shared(self, own: Field, reached: _State) -> bool:
        if len(reached.positions) < 2 or reached.steps is None:
            return True
        if not isinstance(self._api.types.get(reached.type_name), InterfaceType | UnionType):
            return True
        ordered = sorted(reached.positions, key=lambda position: position.node.subgraph)
        operation = print_witness(self._api, reached.operation, reached.steps.unrolled())
        return check_runtime_types(self._context, self._graph, own, ordered, operation)

    def _narrow(self, state: _State, spread: Spread, type_name: str, report: Report) -> _State | None:
        """One object type below an abstract one; None when it cannot be met on this path, or not be
        answered."""
        from_interface = isinstance(self._api.types[state.type_name], InterfaceType)
        for position in state.positions:
            if not self._advancer.can_be(position, type_name, from_interface=from_interface):
                return None
        steps = _Steps(NarrowStep(type_name), state.steps)
        after = self._advancer.narrow(spread, type_name)
        if not after:
            self._report(state, steps, type_name, None, dict(state.labels), report)
            return None
        return _State(type_name, frozenset(after), state.labels, state.operation, steps)

    def _after_mutation(self, state: _State, visited: _Visited, report: Report) -> Iterator[_State]:
        """A mutation is sent once, so everything below it must be answerable after one of the subgraphs that
        have it."""
        by_subgraph: dict[str, set[Position]] = {}
        for position in state.positions:
            by_subgraph.setdefault(position.node.subgraph, set()).add(position)
        if len(by_subgraph) == 1:
            yield state
            return
        failures: list[Problem] = []
        for positions in by_subgraph.values():
            own = Report()
            branch = _State(state.type_name, frozenset(positions), state.labels, state.operation, state.steps)
            self._walk([branch], _Visited(), own)
            if not own.problems:
                return
            failures += own.problems
        details = "\n".join(problem.message for problem in failures)
        report.error(
            ErrorCode.SATISFIABILITY_ERROR,
            "A mutation is called in one subgraph only, but whichever of"
            f" {', '.join(sorted(by_subgraph))} is called, parts of the result cannot be"
            f" answered:\n{details}",
        )

    def _report(
        self,
        state: _State,
        steps: _Steps,
        owner: str,
        name: str | None,
        labels: Labels,
        report: Report,
    ) -> None:
        operation = print_witness(self._api, state.operation, steps.unrolled())
        ordered = sorted(state.positions, key=lambda position: position.node.subgraph)
        reasons = self._explainer.explain(ordered, owner, name, labels)
        report.error(
            ErrorCode.SATISFIABILITY_ERROR,
            f"The following supergraph API query:\n{operation}\ncannot be satisfied by the subgraphs"
            f" because:\n{reasons}",
        )


def _override_labels(schema: JoinedSchema) -> dict[str, set[str]]:
    """The labels of progressive overrides, by the coordinate of their field."""
    found: dict[str, set[str]] = {}
    for type_name, declared in schema.types.items():
        for own in declared.subgraphs.values():
            for name, field_ in own.fields.items():
                if field_.override_label is not None:
                    found.setdefault(f"{type_name}.{name}", set()).add(field_.override_label)
    return found


def _used_contexts(schema: JoinedSchema) -> tuple[str, ...]:
    """The contexts from which some argument is filled."""
    found = {
        argument.context
        for declared in schema.types.values()
        for own in declared.subgraphs.values()
        for field_ in own.fields.values()
        for argument in field_.context_arguments
    }
    return tuple(sorted(found))
