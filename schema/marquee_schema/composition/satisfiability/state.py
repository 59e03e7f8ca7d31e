"""The states of the walk: a type of the API, with every position from which it could be answered."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from marquee_schema.composition.satisfiability.advancer import Position
from marquee_schema.composition.satisfiability.witness import WitnessStep
from marquee_schema.field_set import print_field_set

LabelChoices = tuple[tuple[str, bool], ...]
"""The labels of progressive overrides that are decided on a path, in the order in which it met them."""


@dataclass(frozen=True, slots=True)
class Path:
    """The steps to a state, as a linked list: paths that begin alike share their beginning."""

    step: WitnessStep
    before: "Path | None"

    def steps(self) -> list[WitnessStep]:
        """First step first."""
        steps: list[WitnessStep] = []
        current: Path | None = self
        while current is not None:
            steps.append(current.step)
            current = current.before
        return steps[::-1]


@dataclass(frozen=True, slots=True)
class State:
    """A type of the API that was reached by a path; `path` is None at the root of an operation."""

    type_name: str
    positions: frozenset[Position]
    labels: LabelChoices
    operation: str
    path: Path | None

    def ordered_positions(self) -> Sequence[Position]:
        """By subgraph, so that messages read the same in every run."""
        return sorted(self.positions, key=_rank)


def _rank(position: Position) -> tuple[str, str, bool, str]:
    node = position.node
    return node.subgraph, node.type_name, position.is_fresh, print_field_set(node.provided)


@dataclass(slots=True)
class Visited:
    """The positions and labels with which each type was visited."""

    _seen: dict[str, list[tuple[frozenset[Position], frozenset[tuple[str, bool]]]]] = field(
        default_factory=dict
    )

    def covers(self, state: State) -> bool:
        """True if an earlier visit makes this one superfluous; remembers the state otherwise.

        More positions can only answer more. If `User` was answered from {a}, it will be from {a, b}; visited
        from {a, b} first, it must be visited again from {a}. Likewise a label that an earlier visit left
        open was tried there both ways.
        """
        labels = frozenset(state.labels)
        entries = self._seen.setdefault(state.type_name, [])
        if any(positions <= state.positions and known <= labels for positions, known in entries):
            return True
        entries.append((state.positions, labels))
        return False
