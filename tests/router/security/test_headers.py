"""What the router tells subgraphs of a client, and that no client can say it for itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping

import orjson
import pytest

from marquee_router import RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_router.config.model import ClientHeaders
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.security.headers import ClientDescription
from marquee_schema.composition import Subgraph, compose
from tests.router.transport.driving import Socket, call, post, stream

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { hello: String } type Mutation { add: Int } type Subscription { ticks: Int }
"""
ADDRESS, DEVICE = "x-client-address", "x-client-device"
FORGED = {ADDRESS: "6.6.6.6", DEVICE: "forged"}


class Recording:
    """A subgraph that notes the headers it gets, and answers queries when it is let."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Mapping[str, str]]] = []
        self.open = asyncio.Event()
        self.open.set()
        self.called = asyncio.Event()

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        query = orjson.loads(body)["query"]
        self.seen.append((query, dict(headers)))
        self.called.set()
        await self.open.wait()
        data = {"add": 1} if query.startswith("mutation") else {"hello": "hi"}
        return SubgraphReply(200, "application/json", orjson.dumps({"data": data}), {})

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        self.seen.append((orjson.loads(body)["query"], dict(headers)))
        self.called.set()
        await self.open.wait()
        yield b'{"data":{"ticks":1}}'

    async def aclose(self) -> None:
        """Nothing is open."""


def described(**settings: object) -> tuple[RouterApp, Recording]:
    """A router that describes its clients to one subgraph."""
    supergraph = compose([Subgraph(name="a", url="http://a.test", sdl=SDL)]).supergraph_sdl
    subgraph = Recording()
    config = {
        "client_headers": {"address": ADDRESS, "device": DEVICE},
        "headers": {"propagate": [ADDRESS, DEVICE.title(), "accept-language"]},
        "subgraph_identity": {"enabled": False},
        **settings,
    }
    return create_app(supergraph, {"a": subgraph}, RouterConfig.model_validate(config)), subgraph


async def test_a_mutation_carries_the_address_and_device_that_the_router_sees() -> None:
    app, subgraph = described()
    await post(
        app, "mutation { add }", headers={**FORGED, "user-agent": "Browser/1 (é\t)", "accept-language": "es"}
    )
    ((_, headers),) = subgraph.seen
    assert (headers[ADDRESS], headers[DEVICE]) == ("127.0.0.1", "Browser/1 ()")
    assert headers["accept-language"] == "es"


async def test_a_client_s_own_are_never_sent_on() -> None:
    app, subgraph = described()
    await post(app, "mutation { add }", headers=FORGED)
    await post(app, "{ hello }", headers=FORGED)
    (_, mutation), (_, query) = subgraph.seen
    assert mutation[ADDRESS] == "127.0.0.1"
    assert DEVICE not in mutation
    assert not {ADDRESS, DEVICE} & query.keys()


async def test_without_the_setting_nothing_is_told() -> None:
    app, subgraph = described(client_headers={}, headers={})
    await post(app, "mutation { add }", headers={"user-agent": "Browser/1"})
    ((_, headers),) = subgraph.seen
    assert headers.keys() == {"traceparent"}


async def test_equal_queries_of_two_clients_are_still_sent_once() -> None:
    app, subgraph = described()
    subgraph.open.clear()
    async with asyncio.TaskGroup() as group:
        first = group.create_task(post(app, "{ hello }", headers={"user-agent": "one"}))
        await subgraph.called.wait()
        second = group.create_task(post(app, "{ hello }", headers={"user-agent": "two"}))
        mutation = group.create_task(post(app, "mutation { add }", headers={"user-agent": "three"}))
        while len(subgraph.seen) < 2:
            subgraph.called.clear()
            await subgraph.called.wait()
        subgraph.open.set()
    assert first.result().json == second.result().json == {"data": {"hello": "hi"}}
    assert mutation.result().json == {"data": {"add": 1}}
    assert [headers.get(DEVICE) for _, headers in subgraph.seen] == [None, "three"]


async def test_a_query_in_a_batch_with_a_mutation_stays_like_others() -> None:
    app, subgraph = described()
    body = orjson.dumps([{"query": "mutation { add }"}, {"query": "{ hello }"}])
    await call(app, headers={"content-type": "application/json", "user-agent": "one"}, body=body)
    assert {query: headers.get(DEVICE) for query, headers in subgraph.seen} == {
        "mutation{add}": "one",
        "{hello}": None,
    }


async def test_equal_subscriptions_of_two_clients_share_one_upstream() -> None:
    app, subgraph = described()
    subgraph.open.clear()
    accept = {"accept": "text/event-stream"}
    query = {"query": "subscription { ticks }"}
    streams = [stream(app, query, headers={**accept, "user-agent": name}) for name in ("one", "two")]
    for each in streams:
        await each.head()
        assert await each.piece() == b":\n\n"
    subgraph.open.set()
    for each in streams:
        assert b'"ticks":1' in await each.piece()
        await each.leave()
    ((_, headers),) = subgraph.seen
    assert not {ADDRESS, DEVICE} & headers.keys()


async def test_a_socket_s_mutations_carry_them_too() -> None:
    app, subgraph = described()
    socket = Socket(app, ["graphql-transport-ws"])
    await socket.ready({ADDRESS: "6.6.6.6"})
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "mutation { add }"}})
    assert (await socket.receive())["payload"] == {"data": {"add": 1}}
    await socket.leave()
    ((_, headers),) = subgraph.seen
    assert headers.get(ADDRESS) == "127.0.0.1"


@pytest.mark.parametrize(
    ("agent", "sent"),
    [("a" * 300, "a" * 200), ("\x00\r\n", None), (" Browser/1 ", "Browser/1")],
)
def test_a_device_is_short_and_printable(agent: str, sent: str | None) -> None:
    description = ClientDescription(ClientHeaders(device=DEVICE.upper()))
    assert description.of("10.0.0.1", {"user-agent": agent}).get(DEVICE) == sent
