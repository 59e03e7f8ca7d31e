"""Small composed graphs for the planning tests, and the comparison of their plans with one server."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from graphql import parse, validate

from marquee_router.planning.plan import (
    Conditional,
    EntityFetch,
    Parallel,
    PlanNode,
    QueryPlan,
    RootFetch,
    Subscribe,
)
from marquee_router.planning.plan import Sequence as SequenceNode
from marquee_router.planning.planner import Planner
from marquee_schema.composition import Subgraph, compose
from marquee_schema.supergraph import load_supergraph
from tests.router.planning.interpreter import Interpreter
from tests.router.planning.world import Json, Object, World

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",'
    ' "@external", "@requires", "@provides", "@override", "@inaccessible", "@interfaceObject"])\n'
)


class Graph:
    """A composed graph over shared data."""

    def __init__(
        self,
        subgraphs: Mapping[str, str],
        root: Object,
        entities: Sequence[Object],
        *,
        federation_1: Collection[str] = (),
    ) -> None:
        """`federation_1` names the subgraphs that link no version of federation."""
        linked = {name: sdl if name in federation_1 else _LINK + sdl for name, sdl in subgraphs.items()}
        composed = compose(
            [Subgraph(name=name, url=f"http://{name}", sdl=sdl) for name, sdl in linked.items()]
        )
        self.supergraph = load_supergraph(composed.supergraph_sdl)
        self.planner = Planner(self.supergraph)
        self.world = World(self.supergraph, linked, {"__typename": "Query", **root}, entities)

    def plan(self, operation: str, labels: Iterable[str] = ()) -> QueryPlan:
        """The plan of a valid operation, all of whose subgraph operations are valid."""
        document = parse(operation)
        assert validate(self.supergraph.api_schema, document) == []
        plan = self.planner.plan(document, override_labels=labels)
        for fetch in fetches(plan.node):
            schema = self.world.subgraphs[fetch.subgraph].schema
            assert validate(schema, parse(fetch.operation)) == [], fetch.operation
        return plan

    def answer(
        self, operation: str, variables: Mapping[str, Json] | None = None, labels: Iterable[str] = ()
    ) -> Json:
        """The answer, which must be the monolith's."""
        plan = self.plan(operation, labels)
        interpreter = Interpreter(self.supergraph.api_schema, self.world.subgraphs)
        found = interpreter.run(plan, variables or {})
        expected = self.world.monolith(parse(operation), variables or {})
        assert interpreter.errors == []
        assert expected.errors is None
        assert found == expected.data
        return found

    def calls(self, operation: str, variables: Mapping[str, Json] | None = None) -> list[str]:
        """The subgraphs called for the operation, in order."""
        for subgraph in self.world.subgraphs.values():
            subgraph.calls.clear()
        order: list[str] = []
        self.answer(operation, variables)
        for name, subgraph in self.world.subgraphs.items():
            order.extend([name] * len(subgraph.calls))
        return order


def fetches(node: PlanNode | None) -> list[RootFetch | EntityFetch]:
    """All fetches of a plan."""
    match node:
        case None:
            return []
        case RootFetch() | EntityFetch():
            return [node]
        case SequenceNode() | Parallel():
            return [fetch for child in node.nodes for fetch in fetches(child)]
        case Conditional():
            return fetches(node.node)
        case Subscribe():
            return [*fetches(node.source), *fetches(node.rest)]


def subgraphs_of(plan: QueryPlan) -> list[str]:
    """The subgraphs a plan asks, in order."""
    return [fetch.subgraph for fetch in fetches(plan.node)]
