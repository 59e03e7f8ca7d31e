"""Memory of a router that is asked ever new operations: its caches are bounded, so it must not grow.

The app runs in this process, driven through ASGI, before subgraphs that always answer the same: what is read
from the kernel is the router's memory and little else.
"""

from __future__ import annotations

import gc
import os
import random
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from bench import constant_graph
from bench.figures import table
from marquee_router import RouterApp, create_app
from marquee_router.execution.subgraph import SubgraphReply

STEPS: Final = 20
"""So many times memory is read."""
_HOT_SHARE: Final = 0.9
"""Of the requests asks one of a tenth of the operations, as clients do; the others any."""


class ConstantSubgraph:
    """Implements `SubgraphTransport`."""

    def __init__(self, name: str) -> None:
        body = orjson.dumps({"data": constant_graph.ANSWERS[name]})
        self._reply = SubgraphReply(200, "application/json", body, {})

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """The same answer always."""
        return self._reply

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """No events."""
        events: tuple[bytes, ...] = ()
        for event in events:
            yield event

    async def aclose(self) -> None:
        """Nothing is open."""


def new_app() -> RouterApp:
    """A router before subgraphs in this process."""
    subgraphs = {name: ConstantSubgraph(name) for name in constant_graph.SDL}
    return create_app(constant_graph.supergraph("http://subgraphs.test"), subgraphs)


def operation(number: int) -> bytes:
    """The request body of one of any number of operations."""
    query = (
        f"query Operation{number} ($turn: Int!) {{ films(turn: $turn) {{ title key{number}: __typename"
        " showings(turn: $turn) { startsAt house { name(turn: $turn) } } } }"
    )
    return orjson.dumps({"query": query, "variables": {"turn": number}})


async def ask(app: RouterApp, body: bytes) -> None:
    """One request; raises `RuntimeError` when it is not answered well."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    if b'"errors"' in sent[-1]["body"]:
        raise RuntimeError(sent[-1]["body"].decode())


async def measure(requests: int, operations: int) -> str:
    """Memory after each twentieth of the requests."""
    app = new_app()
    draw = random.Random(1)
    rows = []
    for step in range(1, STEPS + 1):
        for _ in range(requests // STEPS):
            hot = draw.random() < _HOT_SHARE
            await ask(app, operation(draw.randrange(max(operations // 10, 1) if hot else operations)))
        gc.collect()
        known, estimated = app.operations_cached()
        done = step * (requests // STEPS)
        rows.append((f"{done:,}", f"{_resident_mib():.1f}", str(known), f"{estimated / 2**20:.1f}"))
    head = ("requests", "resident MiB", "operations known", "estimated MiB")
    return f"{operations:,} operations:\n\n{table(head, rows)}"


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
