"""Queries under load: of the whole cinema in one process, and of the router alone over HTTP."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench import constant_graph
from bench.client import Client, Refused, client_of, request_body
from bench.figures import table
from bench.load import CLIENTS, HEAD, Operation, measure_each
from bench.process import serving

FIVE_FILMS: Final = "{ movies(first: 5) { nodes { title } } }"
ONE_FETCH: Final = """query ($filter: MovieFilter) {
  movies(first: 5, filter: $filter) { nodes { title } } }"""
THREE_HOPS: Final = """query ($filter: MovieFilter, $when: ShowtimeFilter) {
  movies(first: 5, filter: $filter) { nodes {
    title
    showtimes(first: 3, filter: $when) { nodes { startsAt cinema { name } } }
    reviewStats { count average } } } }"""
SEAT_PAGE: Final = """query ($id: ID!) { showtime(id: $id) {
  startsAt format language basePrice { amount currency }
  movie { title posterUrl runtimeMinutes certificate }
  auditorium { name curved }
  cinema { name currency }
  seatMap { version now seats { id label row number kind x y status price { amount currency } mine } } } }"""


async def measure(seconds: float) -> str:
    """The report on the cinema and on the router. Raises `Refused`, `ServerFailed`."""
    whole = await _cinema(seconds)
    alone = await _router(seconds)
    return (
        f"The whole cinema, {CLIENTS} clients, {seconds:g} s each:\n\n{table(HEAD, whole)}\n\n"
        f"The router alone, {CLIENTS} clients, {seconds:g} s each:\n\n{table(HEAD, alone)}"
    )


async def _cinema(seconds: float) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder:
        async with serving("marquee", "up", "--port", "0", "--data-dir", folder) as server:
            await server.settled()
            async with client_of(server.url, CLIENTS) as client:
                seat_page = await _seat_page(client)
            operations = [
                Operation("one fetch, all ask the same", lambda _: request_body(FIVE_FILMS)),
                Operation("one fetch", _one_fetch),
                Operation("three hops", _three_hops()),
                Operation("a whole seat page", seat_page),
            ]
            return await measure_each(server, operations, seconds)


def _one_fetch(turn: int) -> bytes:
    return request_body(ONE_FETCH, filter=_released_before(turn))


def _three_hops() -> Callable[[int], bytes]:
    begin = datetime.now(UTC)

    def body(turn: int) -> bytes:
        when = {"from": (begin + timedelta(milliseconds=turn)).isoformat()}
        return request_body(THREE_HOPS, filter=_released_before(turn), when=when)

    return body


def _released_before(turn: int) -> dict[str, str]:
    """A filter that lets every film pass."""
    return {"releasedBefore": f"{3000 + turn // 336}-{turn // 28 % 12 + 1:02}-{turn % 28 + 1:02}"}


async def _seat_page(client: Client) -> Callable[[int], bytes]:
    found = await client.ask("{ showtimes(first: 100) { nodes { id } } }")
    bodies = [request_body(SEAT_PAGE, id=node["id"]) for node in found["showtimes"]["nodes"]]
    return lambda turn: bodies[turn % len(bodies)]


async def _router(seconds: float) -> list[tuple[str, ...]]:
    with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder:
        file = Path(folder, "supergraph.graphql")
        async with serving("bench.constant_graph") as subgraphs:
            await asyncio.to_thread(file.write_text, constant_graph.supergraph(subgraphs.url), "utf-8")
            async with serving("marquee", "router", "--supergraph", str(file), "--port", "0") as server:
                await _check(server.url)
                return await measure_each(server, constant_graph.OPERATIONS, seconds)


async def _check(url: str) -> None:
    async with client_of(url, 1) as client:
        data = await client.ask(constant_graph.THREE_FETCHES, turn=0)
    if data != constant_graph.EXPECTED:
        raise Refused(f"the router answered {data}")
