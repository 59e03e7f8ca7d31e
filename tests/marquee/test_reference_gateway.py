"""The reference gateway loads our supergraph of the cinema, asks the same subgraphs, and answers the same.

It refuses any supergraph with access directives, whoever composed it, since it cannot enforce them: so here
the cinema is composed without them. The subgraphs check access all the same.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee.cinema import Cinema, open_cinema
from marquee.demo.data import DEMO_PASSWORD, DemoData
from marquee.subgraphs import NAMES
from marquee_router.execution.in_process import InProcessTransport
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.security.signed_transport import SignedTransport
from marquee_schema.composition import Subgraph, compose
from marquee_subgraphs.kit.settings import load_settings
from tests import npm
from tests.router.transport.serving import served

SOURCES = Path(__file__).parent / "gateway"
SCHEMA = Path(__file__).parents[2] / "schema"
_ACCESS = re.compile(r" @(authenticated|requiresScopes\(.*?\]\]\)|policy\(.*?\]\]\))")
IDENTITY = "x-marquee-identity"
SCREENS = [
    "{ movies(first: 5) { totalCount nodes { id title genres reviewStats { count average } } } }",
    """{ showtimes(first: 6) { nodes { id startsAt basePrice { amount currency } cinema { name }
       movie { id title reviews(first: 2) { nodes { rating author { name } } } }
       auditorium { name } seatMap { seats { id label status price { amount } } }
       occupancy { sold seats ratio } } } }""",
    """{ me { id name email membership { tier points ledger(first: 5) { nodes { __typename points } } }
       orders(first: 3) { nodes { id status total { amount } tickets { id seat { label } status } } }
       notifications(first: 3) { nodes { id title } } } }""",
    "{ __typename movies(first: 1) { __typename nodes { __typename name: title ...F } } }"
    " fragment F on Movie { id showtimes(first: 2) { nodes { id movie { title } } } }",
    """query ($n: Int! = 2, $no: Boolean! = false) { showtimes(first: $n) { nodes { id
       movie @include(if: $no) { title } bestAvailable(count: $n) { id label } } } }""",
]


class AllSubgraphs:
    """Every subgraph of a cinema under `/NAME/graphql`, over one port.

    Identities arrive as claims, since the reference gateway sends the same header to all. Here they are
    signed for the subgraph that is asked, as our router does.
    """

    def __init__(self, cinema: Cinema) -> None:
        self._apps: dict[str, ASGIApp] = {name: each.asgi for name, each in cinema.subgraphs.items()}
        assert cinema.app.signer is not None
        self._signer = cinema.app.signer

    def begin_drain(self) -> None:
        """Nothing to end: a gateway opens no sockets here."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name, _, rest = scope["path"].removeprefix("/").partition("/")
        headers = [(key, self._signed(key, value, name)) for key, value in scope["headers"]]
        await self._apps[name]({**scope, "path": f"/{rest}", "headers": headers}, receive, send)

    def _signed(self, key: bytes, value: bytes, subgraph: str) -> bytes:
        return self._signer.sign(value.decode(), subgraph).encode() if key == IDENTITY.encode() else value


class Gateway:
    """The reference gateway's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, query: str, headers: dict[str, str]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"query": query, "variables": {}, "headers": headers}
        self._process.stdin.write(orjson.dumps(asked) + b"\n")
        return orjson.loads(await self._process.stdout.readline())


@asynccontextmanager
async def gateway(supergraph: Path) -> AsyncIterator[Gateway]:
    folder = await asyncio.to_thread(npm.installed, SOURCES)
    process = await asyncio.create_subprocess_exec(
        "node", "gateway.mjs", str(supergraph), cwd=folder,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**24,
    )  # fmt: skip
    try:
        yield Gateway(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_the_reference_gateway_answers_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not npm.is_available():
        pytest.skip(npm.MISSING)
    identities: set[str] = set()
    fetch = SignedTransport.fetch

    async def noting(
        self: SignedTransport, body: Any, headers: Any, *arguments: Any, **options: Any
    ) -> SubgraphReply:
        identities.update(value for name, value in dict(headers).items() if name == IDENTITY)
        return await fetch(self, body, headers, *arguments, **options)

    monkeypatch.setattr(SignedTransport, "fetch", noting)
    async with open_cinema(load_settings({}, data_dir=tmp_path)) as cinema:
        await DemoData(cinema).prepare()
        front = InProcessTransport(cinema.app)
        token = await _log_in(front)
        async with served(AllSubgraphs(cinema)) as url:
            supergraph = tmp_path / "supergraph.graphql"
            await asyncio.to_thread(_write_supergraph, supergraph, url)
            async with gateway(supergraph) as reference:
                for query in SCREENS:
                    identities.clear()
                    ours = await _ask(front, query, {"authorization": f"Bearer {token}"})
                    assert "errors" not in ours, ours["errors"]
                    (identity,) = identities
                    theirs = await reference.ask(query, {IDENTITY: identity})
                    assert theirs == ours, query


def _write_supergraph(file: Path, url: str) -> None:
    """The cinema's supergraph, without access directives, its subgraphs at `url`."""
    composed = compose(
        Subgraph(name=name, url=f"{url}/{name}/graphql", sdl=_ACCESS.sub("", _sdl(name))) for name in NAMES
    )
    file.write_text(composed.supergraph_sdl, encoding="utf-8")


def _sdl(name: str) -> str:
    return (SCHEMA / "sdl" / f"{name}.graphql").read_text(encoding="utf-8")


async def _log_in(front: InProcessTransport) -> str:
    mutation = 'mutation { login(input: {email: "customer@marquee.test", password: "%s"}) { accessToken } }'
    answer = await _ask(front, mutation % DEMO_PASSWORD, {})
    token: str = answer["data"]["login"]["accessToken"]
    return token


async def _ask(front: InProcessTransport, query: str, headers: dict[str, str]) -> Any:
    reply = await front.fetch(orjson.dumps({"query": query}), headers, 30.0)
    return orjson.loads(reply.body)
