"""Three subgraphs that always answer the same, so that only the router is measured.

Owns their schemas, their answers and the operations on them; `python -m bench.constant_graph` serves them.
"""

from __future__ import annotations

import asyncio
import signal
from typing import Any, Final, cast

import click
import httptools
import orjson
import uvloop

from bench.client import request_body
from bench.load import Operation
from schema.composition import Subgraph, compose

FILMS: Final = range(5)
_LINK: Final = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])\n'
SDL: Final = {
    "films": """type Query { films(turn: Int!): [Film!]! }
        type Film @key(fields: "id") { id: ID! title: String! }""",
    "showings": """type Film @key(fields: "id") { id: ID! showings(turn: Int!): [Showing!]! }
        type Showing { startsAt: String! house: House! }
        type House @key(fields: "id", resolvable: false) { id: ID! }""",
    "houses": """type House @key(fields: "id") { id: ID! name(turn: Int!): String! }
        type Query { houses: [House!]! }""",
}
ANSWERS: Final[dict[str, Any]] = {
    "films": {"films": [{"__typename": "Film", "id": f"film-{n}", "title": f"Film {n}"} for n in FILMS]},
    "showings": {
        "_entities": [
            {
                "__typename": "Film",
                "showings": [
                    {"startsAt": "20:00", "house": {"__typename": "House", "id": f"house-{n}"}},
                ],
            }
            for n in FILMS
        ]
    },
    "houses": {"_entities": [{"__typename": "House", "name": f"House {n}"} for n in FILMS]},
}
ONE_FETCH: Final = "query ($turn: Int!) { films(turn: $turn) { title } }"
THREE_FETCHES: Final = """query ($turn: Int!) {
  films(turn: $turn) { title showings(turn: $turn) { startsAt house { name(turn: $turn) } } } }"""
OPERATIONS: Final = [
    Operation("one fetch", lambda turn: request_body(ONE_FETCH, turn=turn)),
    Operation("three fetches, one after another", lambda turn: request_body(THREE_FETCHES, turn=turn)),
]
EXPECTED: Final = {
    "films": [
        {"title": f"Film {n}", "showings": [{"startsAt": "20:00", "house": {"name": f"House {n}"}}]}
        for n in FILMS
    ]
}
"""The data of `THREE_FETCHES`."""


def supergraph(url: str) -> str:
    """The supergraph SDL when the subgraphs are served at `url`."""
    subgraphs = [Subgraph(name, f"{url}/{name}", _LINK + sdl) for name, sdl in SDL.items()]
    return compose(subgraphs).supergraph_sdl


class _Connection(asyncio.Protocol):
    """One keep-alive connection: the path chooses the answer."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self._subgraph = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            asyncio.Transport, transport
        )  # a TCP connection's; uvloop has a type of its own

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._subgraph = url.decode("ascii").strip("/")

    def on_message_complete(self) -> None:
        self._transport.write(_RESPONSES[self._subgraph])


def _response(data: Any) -> bytes:
    body = orjson.dumps({"data": data})
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body


_RESPONSES: Final = {name: _response(data) for name, data in ANSWERS.items()}


async def serve() -> None:
    """Serve all subgraphs on a free port until SIGTERM."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(_Connection, "127.0.0.1", 0)
    click.echo(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await ended.wait()
    server.close()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve())
