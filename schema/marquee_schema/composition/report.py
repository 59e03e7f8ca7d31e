"""The report to which rules add problems and hints, with the places that each is about."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from graphql import Node

from marquee_schema.composition.errors import CompositionError, ErrorCode, Location, Problem
from marquee_schema.composition.hints import Hint, HintCode

Place: TypeAlias = tuple[str, Node | None]
"""A subgraph's name and a node of its syntax tree."""


def locate(places: Iterable[Place]) -> tuple[Location, ...]:
    """The known places among the given ones, each once, in order."""
    found: dict[Location, None] = {}
    for subgraph, node in places:
        if node is not None and node.loc is not None:
            token = node.loc.start_token
            found[Location(subgraph, token.line, token.column)] = None
    return tuple(found)


@dataclass(slots=True)
class Report:
    """Collects problems and hints over all subgraphs."""

    problems: list[Problem] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    def error(self, code: ErrorCode, message: str, places: Iterable[Place] = ()) -> None:
        """Records a problem."""
        self.problems.append(Problem(code, message, locate(places)))

    def hint(self, code: HintCode, message: str, places: Iterable[Place] = ()) -> None:
        """Records a hint."""
        self.hints.append(Hint(code, message, locate(places)))

    def raise_if_any(self) -> None:
        """Raises `CompositionError` if there are problems. Called at the end of each stage."""
        if self.problems:
            raise CompositionError(self.problems)


class SchemaReport(Protocol):
    """The report of rules about one schema."""

    def error(self, code: ErrorCode, message: str, *nodes: Node | None) -> None:
        """Records a problem at some nodes of the schema's syntax tree."""
        ...


@dataclass(frozen=True, slots=True)
class SupergraphReport:
    """A report about the merged schema, whose elements have no syntax nodes of their own."""

    report: Report

    def error(self, code: ErrorCode, message: str, *nodes: Node | None) -> None:
        """Records a problem of the supergraph."""
        self.report.error(code, f"After merging: {message}")


@dataclass(frozen=True, slots=True)
class SubgraphReport:
    """A report about one subgraph: messages begin with its name, places are nodes of its syntax tree."""

    report: Report
    subgraph: str

    def error(self, code: ErrorCode, message: str, *nodes: Node | None) -> None:
        """Records a problem of this subgraph."""
        self.report.error(code, f"[{self.subgraph}] {message}", ((self.subgraph, node) for node in nodes))


def listed(names: Iterable[str], singular: str, plural: str | None = None) -> str:
    """The names as in `subgraph "a"`, `subgraphs "a" and "b"`, or `subgraphs "a", "b" and "c"`."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) == 1:
        return f"{singular} {quoted[0]}"
    *most, last = quoted or ["none"]
    head = f"{', '.join(most)} and {last}" if most else last
    return f"{plural or singular + 's'} {head}"


def subgraphs(names: Iterable[str]) -> str:
    """The names of subgraphs, as `listed` writes them."""
    return listed(names, "subgraph")
