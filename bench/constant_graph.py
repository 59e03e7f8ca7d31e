"""Three subgraphs that always answer the same, so that only the router is measured.

Owns their schemas, their answers and the operations on them; `python -m bench.constant_graph` serves them.
"""

from __future__ import annotations

from typing import Any, Final

from bench.client import request_body
from bench.load import Operation
from bench.small_http import response, serve
from marquee_schema.composition import Subgraph, compose

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


_RESPONSES: Final = {name: response({"data": data}) for name, data in ANSWERS.items()}


if __name__ == "__main__":
    serve(lambda path, _: _RESPONSES[path])
