"""One query draws a whole screen, in a number of calls and statements that does not grow with its rows."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest

from marquee.cinema import open_cinema
from marquee.demo.data import DEMO_PASSWORD, DemoData
from marquee.subgraphs import NAMES
from marquee_router.execution.in_process import InProcessTransport
from marquee_router.execution.subgraph import SubgraphReply
from marquee_subgraphs.kit.settings import load_settings

SCREEN = """query Screen($first: Int!) {
  showtimes(first: $first) { nodes {
    id startsAt cinema { name } auditorium { name }
    movie { id title(locale: ES) reviewStats { average count } myTickets { id seat { label } } }
    seatMap { version seats { label kind status mine price { amount } x y } }
    occupancy { sold seats ratio }
  } } }"""


async def test_a_screen_of_twenty_costs_what_a_screen_of_one_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    fetch = InProcessTransport.fetch

    async def counted(self: InProcessTransport, *arguments: Any, **options: Any) -> SubgraphReply:
        calls["all"] += 1
        return await fetch(self, *arguments, **options)

    async with open_cinema(load_settings({}, data_dir=tmp_path)) as cinema:
        await DemoData(cinema).prepare()
        front = InProcessTransport(cinema.app)
        login = 'mutation { login(input: {email: "customer@marquee.test", password: "%s"}) { accessToken } }'
        answer = await _ask(front, {"query": login % DEMO_PASSWORD}, {})
        headers = {"authorization": f"Bearer {answer['login']['accessToken']}"}
        costs = []
        for first in (1, 20, 1, 20):
            with ExitStack() as counting:
                counters = [
                    counting.enter_context(database.count_statements())
                    for name in NAMES
                    if (database := cinema.subgraphs[name].database) is not None
                ]
                with monkeypatch.context() as patch:
                    patch.setattr(InProcessTransport, "fetch", counted)
                    calls.clear()
                    data = await _ask(front, {"query": SCREEN, "variables": {"first": first}}, headers)
            assert len(data["showtimes"]["nodes"]) == first
            costs.append((calls["all"] - 1, sum(counter.count for counter in counters)))
    assert costs[2] == costs[3], costs
    fetches, statements = costs[3]
    assert fetches <= 8
    assert statements <= 25


async def _ask(front: InProcessTransport, body: dict[str, Any], headers: dict[str, str]) -> Any:
    reply = await front.fetch(orjson.dumps(body), headers, 30.0)
    answer = orjson.loads(reply.body)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]
