"""Where the CPU time of a request goes: the engine, JSON, the HTTP server, the HTTP client.

Nothing is sampled. The whole is a router's process before subgraphs of another; the engine and the edge run
in this process, before subgraphs that answer without a wait; JSON is what reads and writes the same bytes
once more. An operation without a fetch shows what the HTTP server takes, and the rest is the HTTP client's,
each with its part of the event loop and the kernel.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

import orjson

from bench import shop
from bench.client import client_of, request_body
from bench.figures import table
from bench.load import CLIENTS, WARM_UP_SECONDS, Operation, ask_for
from bench.memory import ConstantSubgraph
from bench.process import Server, serving
from marquee_router import RouterApp, create_app
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.server_interface import ClientAddress

HEAD: Final = ("operation", "µs in all", "engine and edge", "JSON", "HTTP server", "HTTP client")
NO_FETCH: Final = Operation("no fetch", lambda _: request_body("{ __typename }"))
_HEADERS: Final = {"content-type": "application/json", "content-length": "300", "accept": "application/json"}
_TURNS: Final = 5
"""Repetitions, of which the fastest counts: disturbances only ever make one slower."""


class ReadySubgraph(ConstantSubgraph):
    """Answers at once what one subgraph of the shop answers, and keeps the bodies that it gave last."""

    def __init__(self, name: str, answer: shop.Subgraphs, given: list[bytes]) -> None:
        self._name = name
        self._answer = answer
        self._given = given
        self._kept: dict[bytes, SubgraphReply] = {}

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """The answer, computed once."""
        reply = self._kept.get(body)
        if reply is None:
            _, _, answer = self._answer(self._name, body).partition(b"\r\n\r\n")
            reply = self._kept[body] = SubgraphReply(200, "application/json", answer, {})
            self._given.append(answer)
        return reply


async def measure(seconds: float) -> str:
    """A row for each operation. Raises `Refused`, `ServerFailed`."""
    operations = [NO_FETCH, *shop.OPERATIONS]
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder:
        file = Path(folder, "supergraph.graphql")
        async with serving("bench.shop") as subgraphs:
            await asyncio.to_thread(file.write_text, shop.supergraph(subgraphs.url), "utf-8")
            async with serving("marquee", "router", "--supergraph", str(file), "--port", "0") as server:
                whole = [await _whole(server, operation, seconds) for operation in operations]
    alone = [await _alone(operation, seconds) for operation in operations]
    server_seconds = whole[0] - sum(alone[0])
    rows = []
    for operation, total, (ours, codec) in zip(operations, whole, alone, strict=True):
        client_seconds = max(total - ours - codec - server_seconds, 0.0)
        parts = (ours, codec, server_seconds, client_seconds)
        shares = [f"{part * 1e6:.0f} ({part / total:.0%})" for part in parts]
        rows.append((operation.name, f"{total * 1e6:.0f}", *shares))
    return table(HEAD, rows)


async def _whole(server: Server, operation: Operation, seconds: float) -> float:
    """CPU seconds a request of the whole process."""
    async with client_of(server.url, CLIENTS) as client:
        turns = count()
        await ask_for(client, operation, turns, WARM_UP_SECONDS)
        before = server.cpu_seconds()
        answered = await ask_for(client, operation, turns, seconds)
        return (server.cpu_seconds() - before) / len(answered.seconds)


async def _alone(operation: Operation, seconds: float) -> tuple[float, float]:
    """CPU seconds a request of engine and edge without JSON, and of JSON."""
    given: list[bytes] = []
    answer = shop.Subgraphs()
    app = create_app(
        shop.supergraph("http://subgraphs.test"),
        {name: ReadySubgraph(name, answer, given) for name in shop.SDL},
    )
    body = operation.body(0)
    ask = _asking(app, body)
    whole = (await ask()).body
    read = [body, *given]
    value = orjson.loads(whole)
    asked = await _fastest(ask, seconds)

    async def code() -> None:
        for each in read:
            orjson.loads(each)
        orjson.dumps(value)

    codec = await _fastest(code, seconds / 4)
    return asked - codec, codec


def _asking(app: RouterApp, body: bytes) -> Callable[[], Coroutine[Any, Any, Any]]:
    front = app.front
    accepted = None if front is None else front.takes(_HEADERS)
    assert front is not None, "no CORS is set"
    assert accepted is not None, "the request is plain"
    return lambda: front.answer(body, _HEADERS, accepted, ClientAddress("127.0.0.1"))


async def _fastest(step: Callable[[], Coroutine[Any, Any, Any]], seconds: float) -> float:
    """CPU seconds of a step, in the best of several turns."""
    best = float("inf")
    for _ in range(_TURNS):
        steps, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds / _TURNS or not steps:
            for _ in range(50):
                await step()
            steps += 50
        best = min(best, spent / steps)
    return best
