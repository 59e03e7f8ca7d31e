"""The walk through the API schema: at each step, all positions in subgraphs advance together. Where none is
left, no plan exists for the operation."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

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
from marquee_schema.composition.satisfiability.advancer import Advancer, Position, Spread
from marquee_schema.composition.satisfiability.conditions import BudgetExceededError
from marquee_schema.composition.satisfiability.reasons import Explainer
from marquee_schema.composition.satisfiability.runtime_types import check_runtime_types
from marquee_schema.composition.satisfiability.state import LabelChoices, Path, State, Visited
from marquee_schema.composition.satisfiability.witness import FieldStep, NarrowStep, print_witness
from marquee_schema.composition.type_reference import base_name

MAX_STATES = 1_000_000


@dataclass(slots=True)
class Surroundings:
    """What all walks of one check share; `override_labels` is by the coordinate of a field."""

    context: MergeContext
    api: Schema
    advancer: Advancer
    explainer: Explainer
    override_labels: Mapping[str, Set[str]]
    states: int = 0


@dataclass(frozen=True, slots=True)
class Walk:
    """One walk with its own report, breadth first: the first operation that fails is a shortest one."""

    around: Surroundings
    report: Report
    visited: Visited = field(default_factory=Visited)

    def visit_from(self, state: State) -> None:
        """Visits the state and all that can be reached from it."""
        pending = deque([state])
        while pending:
            state = pending.popleft()
            if self.visited.covers(state):
                continue
            self.around.states += 1
            if self.around.states > MAX_STATES:
                raise BudgetExceededError
            pending.extend(self._next_states(state))

    def _next_states(self, state: State) -> Iterator[State]:
        target = self.around.api.types.get(state.type_name)
        # A root type has no keys: its fields are read where the operation starts.
        spread = self.around.advancer.spread(state.positions, follows_keys=state.path is not None)
        if isinstance(target, ObjectType):
            for own in target.fields.values():
                for labels in self._label_choices(own, state.labels):
                    yield from self._read(state, spread, own, labels)
        elif isinstance(target, InterfaceType | UnionType):
            for candidate in self.around.api.runtime_types(target.name):
                after = self._narrow(state, spread, candidate.name)
                if after is not None:
                    yield after

    def _label_choices(self, own: Field, labels: LabelChoices) -> Sequence[LabelChoices]:
        """The labels to read a field with: a label that the path has not decided is tried on and off."""
        names = self.around.override_labels.get(own.coordinate, frozenset())
        undecided = sorted(names - {name for name, _ in labels})
        if not undecided:
            return [labels]
        return [(*labels, (undecided[0], enabled)) for enabled in (True, False)]

    def _read(self, state: State, spread: Spread, own: Field, labels: LabelChoices) -> Iterator[State]:
        """The state after reading a field; none for a leaf, or when no subgraph can answer the field."""
        returned = base_name(own.type)
        is_leaf = not isinstance(self.around.api.types.get(returned), CompositeType | UnionType)
        path = Path(FieldStep(own), state.path)
        after = self.around.advancer.read(spread, own.parent.name, own.name, dict(labels), is_leaf=is_leaf)
        if not after:
            failed = State(state.type_name, state.positions, labels, state.operation, path)
            self._report(failed, own.parent.name, own.name)
            return
        if is_leaf:
            return
        reached = State(returned, frozenset(after), labels, state.operation, path)
        if state.path is None and state.operation == "mutation":
            yield from self._after_mutation(reached)
        elif self._check_shared(own, reached):
            yield reached

    def _check_shared(self, own: Field, reached: State) -> bool:
        """False if the subgraphs that share a field of abstract type can never return the same object."""
        if len(reached.positions) < 2:
            return True
        if not isinstance(self.around.api.types.get(reached.type_name), InterfaceType | UnionType):
            return True
        return check_runtime_types(
            self.around.context,
            self.around.advancer.graph,
            own,
            reached.ordered_positions(),
            lambda: self._operation(reached),
        )

    def _narrow(self, state: State, spread: Spread, type_name: str) -> State | None:
        """The state for one object type of an abstract one; None if the path never meets that type, or if no
        subgraph can answer it."""
        from_interface = isinstance(self.around.api.types[state.type_name], InterfaceType)
        for position in state.positions:
            if not self.around.advancer.can_be(position, type_name, from_interface=from_interface):
                return None
        path = Path(NarrowStep(type_name), state.path)
        after = frozenset(self.around.advancer.narrow(spread, type_name))
        if not after:
            failed = State(state.type_name, state.positions, state.labels, state.operation, path)
            self._report(failed, type_name, None)
            return None
        return State(type_name, after, state.labels, state.operation, path)

    def _after_mutation(self, state: State) -> Iterator[State]:
        """The state after a mutation's root field, if it is good wherever the mutation is called.

        A mutation is called in one subgraph only. With `rate: Movie` shared by a and b, where a leads to
        `Movie.score` and b to `Movie.title`, a query could read both; after a mutation one is missing. So all
        below must be answerable from one of the subgraphs alone.
        """
        by_subgraph: dict[str, set[Position]] = {}
        for position in state.positions:
            by_subgraph.setdefault(position.node.subgraph, set()).add(position)
        if len(by_subgraph) == 1:
            yield state
            return
        failures: list[Problem] = []
        for name in sorted(by_subgraph):
            called = frozenset(by_subgraph[name])
            walk = Walk(self.around, Report())
            walk.visit_from(State(state.type_name, called, state.labels, state.operation, state.path))
            if not walk.report.problems:
                return
            failures += walk.report.problems
        details = "\n".join(problem.message for problem in failures)
        self.report.error(
            ErrorCode.SATISFIABILITY_ERROR,
            f"A mutation is called in one subgraph only, but whichever of {', '.join(sorted(by_subgraph))} is"
            f" called, parts of the result cannot be answered:\n{details}",
        )

    def _report(self, failed: State, owner: str, name: str | None) -> None:
        """The step at the end of the path failed: reading a field of `owner`, or narrowing to `owner`."""
        reasons = self.around.explainer.explain(failed.ordered_positions(), owner, name, dict(failed.labels))
        self.report.error(
            ErrorCode.SATISFIABILITY_ERROR,
            f"The following supergraph API query:\n{self._operation(failed)}\ncannot be satisfied by the"
            f" subgraphs because:\n{reasons}",
        )

    def _operation(self, state: State) -> str:
        steps = state.path.steps() if state.path is not None else []
        return print_witness(self.around.api, state.operation, steps)
