"""What is dear to prepare: it is bounded, and nobody waits for it who asks for little."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from graphql import DocumentNode

from marquee_router.engine import EngineOptions
from marquee_router.errors import LimitExceeded
from marquee_router.planning.planner import PlanningLimits
from marquee_router.request import GraphQLRequest
from tests.router.engine.test_engine import CONTEXT, Strict, federation

LARGE = f"{{ me {{ {' '.join(f'a{n}: id' for n in range(400))} }} }}"


def _doubling(levels: int) -> str:
    """A short text with very many ways to plan it."""
    fragments = " ".join(
        f"fragment F{n} on Product {{ shipping a: shop {{ city products {{ ...F{n + 1} }} }}"
        f" b: shop {{ city products {{ ...F{n + 1} }} }} }}"
        for n in range(levels)
    )
    return f"{{ products {{ ...F0 }} }} {fragments} fragment F{levels} on Product {{ inStock }}"


class Waits(Strict):
    """Holds up the preparation of one text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.begun, self.go_on = threading.Event(), threading.Event()

    def check_text(self, text: str) -> None:
        if text == self._text:
            self.begun.set()
            assert self.go_on.wait(10)


async def test_a_small_operation_does_not_wait_for_a_large_one() -> None:
    guard = Waits(LARGE)
    engine = federation(guard=guard).engine
    large = asyncio.ensure_future(engine.prepare(GraphQLRequest(LARGE), CONTEXT))
    try:
        await asyncio.to_thread(guard.begun.wait, 10)
        async with asyncio.timeout(5):
            small = await engine.prepare(GraphQLRequest("{ me { id } }"), CONTEXT)
        assert not large.done()
    finally:
        guard.go_on.set()
    assert len((await large).text) > len(small.text)


class ByThread(Strict):
    """Tells on which threads a text was prepared."""

    def __init__(self) -> None:
        self.threads: list[str] = []

    def check_document(self, document: DocumentNode) -> None:
        self.threads.append(threading.current_thread().name)


async def test_a_short_text_that_is_dear_to_plan_goes_where_large_ones_go() -> None:
    guard = ByThread()
    graph = federation(guard=guard)
    answer = await graph.ask(_doubling(6))
    assert "errors" not in answer
    assert [name.rpartition("_")[0] for name in guard.threads] == ["prepare", "prepare-large"]
    guard.threads.clear()
    await graph.ask(_doubling(1))
    assert [name.rpartition("_")[0] for name in guard.threads] == ["prepare"]


@pytest.mark.parametrize("most", [50, 3_000])
async def test_more_ways_to_plan_than_may_be_looked_at_are_refused(most: int) -> None:
    graph = federation(options=EngineOptions(planning=PlanningLimits(max_ways=most)))
    with pytest.raises(LimitExceeded, match=f"more than {most} ways") as refusal:
        await graph.ask(_doubling(9))
    told: Any = refusal.value.errors[0]["extensions"]
    assert told == {"code": "OPERATION_LIMIT_EXCEEDED", "limit": "max_planning", "maximum": most}
    assert "errors" not in await graph.ask("{ products { shipping } }")
