"""The reference planner in a process that answers line by line; the cost of our plans beside its plans."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import IO, Any, assert_never

from graphql import parse

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
from marquee_router.planning.print_plan import print_plan
from marquee_schema.supergraph import Supergraph
from tests.router.planning.generated.generated_graph import GeneratedGraph, Question, composed
from tests.router.planning.generated.reduction import shrink
from tests.router.planning.generated.run import Count, graphs, questions
from tests.router.planning.generated.text import LINK, SubgraphText

SOURCES = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Cost:
    """The number of requests to subgraphs, and of serial steps."""

    fetches: int
    steps: int


class Reference:
    """One process of the reference planner."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["node", "plan.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def plans(self, supergraph: str, asked: Sequence[Question]) -> list[dict[str, Any]]:
        """Per operation `fetches`, `steps` and `plan`, or `error`."""
        operations = [{"text": each.text, "labels": sorted(each.labels)} for each in asked]
        pipe = self._pipe(self._process.stdin)
        pipe.write(json.dumps({"supergraph": supergraph, "operations": operations}) + "\n")
        pipe.flush()
        answer: list[dict[str, Any]] = json.loads(self._pipe(self._process.stdout).readline())
        return answer

    def close(self) -> None:
        """End the process."""
        self._pipe(self._process.stdin).close()
        self._process.wait()
        self._pipe(self._process.stdout).close()

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None, "opened with pipes"
        return pipe


def cost(node: PlanNode | None) -> Cost:
    """The cost of a plan when every condition holds and every fetch has entities to send."""
    match node:
        case None:
            return Cost(0, 0)
        case RootFetch() | EntityFetch():
            return Cost(1, 1)
        case Conditional():
            return cost(node.node)
        case SequenceNode() | Parallel():
            parts = [cost(each) for each in node.nodes]
            steps = [part.steps for part in parts]
            serial = sum(steps) if isinstance(node, SequenceNode) else max(steps)
            return Cost(sum(part.fetches for part in parts), serial)
        case Subscribe():
            return cost(node.source)
        case _:
            assert_never(node)


@dataclass(slots=True)
class Compared:
    """What was compared so far."""

    operations: int = 0
    cheaper: int = 0
    dearer: int = 0
    failed: int = 0
    """Operations that the reference could not plan."""


def dearer(
    reference: Reference, seed: int, total: int, found: Compared, per_graph: int = 60
) -> Iterator[str]:
    """Operations for which our plan has more fetches or more serial steps, reported with both plans."""
    number = 0
    while found.operations < total:
        number += 1
        for texts, salt, _, asked in graphs(seed * 1_000_003 + number, Count()):
            drawn = questions(asked, Random(salt), per_graph)
            for question, report in differing(reference, asked.supergraph, drawn, found):
                yield asyncio.run(_smallest(reference, texts, question, salt, report))
                break


async def _smallest(
    reference: Reference, texts: list[SubgraphText], question: Question, salt: int, report: str
) -> str:
    async def fails(asked: GeneratedGraph, question: Question) -> str | None:
        dearest = differing(reference, asked.supergraph, [question], Compared())
        return next((report for _, report in dearest), None)

    small, question = await shrink(texts, question, salt, fails)
    asked = composed(small, salt, faults=False)
    report = (await fails(asked, question) if asked is not None else None) or report
    return "\n".join([*(f"# {text.name}\n{str(text).removeprefix(LINK)}" for text in small), report])


def differing(
    reference: Reference, supergraph: Supergraph, asked: Sequence[Question], found: Compared
) -> Iterator[tuple[Question, str]]:
    """The operations on one graph for which our plan costs more, and both plans."""
    planner = Planner(supergraph)
    for question, theirs in zip(asked, reference.plans(supergraph.sdl, asked), strict=True):
        found.operations += 1
        if "error" in theirs:
            found.failed += 1
            continue
        ours: QueryPlan = planner.plan(parse(question.text), override_labels=question.labels)
        own, other = cost(ours.node), Cost(theirs["fetches"], theirs["steps"])
        found.cheaper += own.fetches < other.fetches or own.steps < other.steps
        if own.fetches > other.fetches or own.steps > other.steps:
            found.dearer += 1
            plan = json.dumps(theirs["plan"].get("node"), indent=1)
            asked_text = f"{question.text}\n{dict(question.variables)} {sorted(question.labels)}"
            yield question, f"dearer\n{asked_text}\nours {own}\n{print_plan(ours)}\ntheirs {other}\n{plan}"
