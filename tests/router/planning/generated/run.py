"""Graphs and operations drawn from a seed; where an answer differs, the case is reduced and reported."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from random import Random

from graphql import parse, validate

from tests.router.planning.generated.generated_graph import GeneratedGraph, Question, composed
from tests.router.planning.generated.operations import Operation
from tests.router.planning.generated.reduction import shrink
from tests.router.planning.generated.subgraphs import generate
from tests.router.planning.generated.text import LINK, SubgraphText

_OPERATIONS_PER_GRAPH = 40


@dataclass(slots=True)
class Count:
    """The number of cases so far."""

    operations: int = 0
    graphs: int = 0
    refused: int = 0
    """Sets of subgraphs that do not compose."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference, as small as it could be made."""

    texts: list[SubgraphText]
    question: Question
    difference: str
    salt: int
    faults: bool

    def __str__(self) -> str:
        sources = "\n".join(f"# {text.name}\n{str(text).removeprefix(LINK)}" for text in self.texts)
        asked = f"{self.question.text}\n{dict(self.question.variables)} {sorted(self.question.labels)}"
        return f"{sources}\n{asked}\n{self.difference}\nsalt={self.salt} faults={self.faults}"


def graphs(seed: int, count: Count) -> list[tuple[list[SubgraphText], int, bool, GeneratedGraph]]:
    """The first graph of the seed that composes."""
    random = Random(seed)
    while True:
        texts = generate(random)
        salt, faults = random.randrange(1_000_000), random.random() < 0.25
        asked = composed(texts, salt, faults=faults)
        if asked is not None:
            count.graphs += 1
            return [(texts, salt, faults, asked)]
        count.refused += 1


def questions(asked: GeneratedGraph, random: Random, number: int) -> list[Question]:
    """Valid operations on the graph."""
    found: list[Question] = []
    while len(found) < number:
        operation = Operation(asked.schema, random)
        labels = frozenset(each for each in sorted(asked.supergraph.override_labels) if random.random() < 0.5)
        if not validate(asked.schema, parse(operation.text)):
            found.append(Question(operation.text, operation.variables, labels))
    return found


async def findings(
    seed: int, total: int, count: Count, *, per_graph: int = _OPERATIONS_PER_GRAPH, shrinking: bool = True
) -> AsyncIterator[Finding]:
    """Compare the answers of `total` operations; at most one finding for each graph."""
    number = 0
    while count.operations < total:
        number += 1
        for texts, salt, faults, asked in graphs(seed * 1_000_003 + number, count):
            random = Random(salt)
            for question in questions(asked, random, per_graph):
                count.operations += 1
                difference = await asked.difference(question)
                if difference is None:
                    continue
                small_texts, small = texts, question
                if shrinking:
                    small_texts, small = await shrink(texts, question, salt, faults=faults)
                    again = composed(small_texts, salt, faults=faults)
                    difference = (await again.difference(small) if again else None) or difference
                yield Finding(small_texts, small, difference, salt, faults)
                break
