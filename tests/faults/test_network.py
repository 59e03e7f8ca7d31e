"""The network between a router and a subgraph stalls and breaks: what others answer still arrives."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import pytest_asyncio
import yaml

from deploy.local import LocalStack
from tests.eventually import eventually
from tests.faults.books import Books
from tests.faults.buying import Crowd
from tests.faults.proxy import Proxy
from tests.marquee.running import ROOT, Client

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="session")]
TIMEOUT_SECONDS = 1.0
OPEN_SECONDS = 3.0
FAILURES_TO_OPEN = 4
SLACK_SECONDS = 5.0
AWAY = frozenset({"SUBGRAPH_TIMEOUT", "SUBGRAPH_UNAVAILABLE", "SUBGRAPH_BUSY"})
QUERY = """query ($film: ID!, $showtime: ID!) {
  movie(id: $film) { title }
  showtime(id: $showtime) { startsAt seatMap { version } }
  me { name behavior { __typename } payments(first: 1) { totalCount } membership { tier } } }"""
PLACES = {
    "analytics": ("me", "behavior"),
    "tickets": ("showtime", "seatMap"),
    "payments": ("me", "payments"),
}
TRACK = "mutation ($input: TrackEventInput!) { trackEvent(input: $input) { errors { code } } }"


@dataclass(slots=True)
class Line:
    """A router that waits less than usual, and what is between it and three subgraphs."""

    client: Client
    proxies: dict[str, Proxy]
    variables: dict[str, Any]

    async def ask(self) -> Any:
        """Everything at once."""
        return await self.client.ask(QUERY, **self.variables)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def line(stack: LocalStack, members: Crowd, whole_programme: deque[str]) -> AsyncIterator[Line]:
    """Put proxies before a router's subgraphs for the tests of this module."""
    router = stack.process("router-1")
    usual = (router.command, router.environment)
    configuration = yaml.safe_load((ROOT / "deploy" / "router.yaml").read_text(encoding="utf-8"))
    for traffic in configuration["subgraphs"]["by_name"].values():
        traffic |= {
            "timeout_seconds": TIMEOUT_SECONDS,
            "open_seconds": OPEN_SECONDS,
            "failures_to_open": FAILURES_TO_OPEN,
        }
    file = stack.folder / "hasty-router.yaml"
    file.write_text(yaml.safe_dump(configuration))
    async with AsyncExitStack() as opened:
        environment = dict(router.environment)
        proxies = {}
        for name in PLACES:
            address = urlsplit(environment[f"MARQUEE_{name.upper()}_URL"])
            proxy = await opened.enter_async_context(Proxy.before(str(address.hostname), address.port or 0))
            environment[f"MARQUEE_{name.upper()}_URL"] = f"http://127.0.0.1:{proxy.port}"
            proxies[name] = proxy
        router.environment = environment
        router.command = [str(file) if part == "deploy/router.yaml" else part for part in router.command]
        await router.restart()
        customer = members.members[0][0].client
        client = Client(customer.session, router.url, customer.token)
        films = await client.get("{ movies(first: 1) { nodes { id } } }")
        film = films["movies"]["nodes"][0]["id"]
        yield Line(client, proxies, {"film": film, "showtime": whole_programme[0]})
        router.command, router.environment = usual
        await router.restart()


def holes(answer: Any) -> set[str]:
    """The subgraphs whose fields are null, each with an error at its place."""
    found = set()
    for subgraph, (above, field) in PLACES.items():
        if answer["data"][above][field] is None:
            found.add(subgraph)
            here = [error for error in answer["errors"] if error["extensions"]["serviceName"] == subgraph]
            assert len(here) == 1, answer["errors"]
            [error] = here
            assert error["extensions"]["code"] in AWAY, error
            assert error["path"] == [above, field][: len(error["path"])], error
    return found


@pytest.mark.parametrize("subgraph", PLACES)
async def test_a_stalled_subgraph_leaves_a_hole_and_nothing_waits_longer_than_its_time(
    line: Line, subgraph: str
) -> None:
    assert holes(await line.ask()) == set()
    line.proxies[subgraph].stall()
    try:
        began = time.monotonic()
        answer = await line.ask()
        assert time.monotonic() - began < TIMEOUT_SECONDS + SLACK_SECONDS
        assert holes(answer) == {subgraph}
        assert answer["data"]["me"]["name"]
        assert answer["data"]["me"]["membership"]
        assert answer["data"]["movie"]["title"]
    finally:
        line.proxies[subgraph].flow()
    assert holes(await line.ask()) == set()


async def test_the_circuit_opens_and_closes(line: Line) -> None:
    proxy = line.proxies["analytics"]
    await proxy.refuse()
    try:
        codes: list[str] = []
        for _ in range(FAILURES_TO_OPEN + 2):
            answer = await line.ask()
            assert holes(answer) == {"analytics"}
            codes += [error["extensions"]["code"] for error in answer["errors"]]
        assert codes[0] == "SUBGRAPH_UNAVAILABLE"
        assert codes[-1] == "SUBGRAPH_BUSY", codes
    finally:
        await proxy.accept()
    before = proxy.accepted
    assert holes(await line.ask()) == {"analytics"}, "it is given a rest"
    assert proxy.accepted == before

    async def is_whole() -> bool:
        return not holes(await line.ask())

    await eventually(is_whole, seconds=OPEN_SECONDS + 5, every=0.1)


async def test_a_mutation_is_never_sent_twice(stack: LocalStack, line: Line) -> None:
    subgraph, proxy = stack.process("analytics"), line.proxies["analytics"]
    subjects = {"stalled": uuid4().hex, "cut": uuid4().hex}

    async def track(subject: str) -> Any:
        return await line.client.ask(TRACK, input={"type": "SEARCHED", "text": subject})

    proxy.stall()
    answer = await track(subjects["stalled"])
    assert answer["errors"][0]["extensions"]["code"] == "SUBGRAPH_TIMEOUT"
    proxy.flow()
    await line.ask()
    subgraph.pause()
    try:
        before = proxy.passed
        sent = asyncio.create_task(track(subjects["cut"]))
        await eventually(lambda: proxy.passed > before)  # it is in the socket of a process that stands still
        await proxy.cut()
        answer = await sent
    finally:
        subgraph.resume()
    assert answer["errors"][0]["extensions"]["code"] in AWAY
    assert holes(await line.ask()) == set()
    for subject in subjects.values():
        rows = await Books(stack).rows(
            "analytics", "SELECT times FROM daily_tracked WHERE subject = $1", subject
        )
        assert sum(row["times"] for row in rows) <= 1, subjects
