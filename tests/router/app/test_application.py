"""The app as a whole: its life, the swap of its supergraph, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from marquee_router import Extras, RouterApp, create_app
from marquee_router.errors import RouterMisconfigured
from marquee_schema.supergraph import SupergraphError
from tests.router.transport.driving import Socket, call, post, stream
from tests.router.transport.fake import fake_app
from tests.router.transport.graph import LINK, PEOPLE, TAKINGS, HandmadeSubgraph, graph, supergraph_of


@asynccontextmanager
async def serving(app: RouterApp) -> AsyncIterator[None]:
    """The app between its start and its end."""
    inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    outbox: asyncio.Queue[Any] = asyncio.Queue()
    inbox.put_nowait({"type": "lifespan.startup"})
    task = asyncio.create_task(app({"type": "lifespan"}, inbox.get, outbox.put))
    assert (await outbox.get())["type"] == "lifespan.startup.complete"
    yield
    inbox.put_nowait({"type": "lifespan.shutdown"})
    assert (await outbox.get())["type"] == "lifespan.shutdown.complete"
    await task


async def test_it_is_ready_while_it_serves_and_closes_its_transports() -> None:
    running = graph()
    async with serving(running.app):
        assert (await call(running.app, "GET", "/ready")).status == 200
        running.app.begin_drain()
        assert (await call(running.app, "GET", "/ready")).status == 503
        assert (await call(running.app, "GET", "/health")).status == 200
    assert all(subgraph.closed for subgraph in running.subgraphs.values())


async def test_the_end_breaks_subscriptions_off_so_that_clients_connect_again() -> None:
    app, engine = fake_app()
    async with serving(app):
        client = stream(app, {"query": "subscription { ticks }"}, headers={"accept": "text/event-stream"})
        await client.head()
        await engine.opened(1)
    assert await client.rest() == b":\n\n"
    assert engine.ticking == []


async def test_a_real_graph_answers_over_every_transport() -> None:
    app = graph().app
    assert (await post(app, "{ films { title length } }")).json["data"]["films"][1] == {
        "title": "Film 2",
        "length": 90,
    }
    client = stream(app, {"query": "subscription { ticks }"}, headers={"accept": "text/event-stream"})
    await client.head()
    assert b'data: {"data":{"ticks":1}}\n\n' in await client.rest()
    socket = Socket(app, ["graphql-transport-ws"])
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "subscription { ticks }"}})
    assert (await socket.receive())["payload"] == {"data": {"ticks": 1}}
    await socket.leave()


async def test_a_reload_serves_the_new_graph() -> None:
    running = graph()
    async with serving(running.app):
        assert (await post(running.app, "{ me { nick } }")).code == "GRAPHQL_VALIDATION_FAILED"
        changed = PEOPLE.replace("name: String", "name: String nick: String")
        await running.app.reload(supergraph_of(people=changed, takings=TAKINGS))
        assert (await post(running.app, "{ me { nick } }")).json["data"] == {"me": {"nick": None}}


async def test_a_bad_supergraph_changes_nothing() -> None:
    running = graph()
    with pytest.raises(SupergraphError):
        await running.app.reload("type Query {")
    with pytest.raises(RouterMisconfigured):
        await running.app.reload(
            supergraph_of(people=PEOPLE, takings=TAKINGS, third=LINK + "type Query { x: Int }").replace(
                "http://third.test", "grpc://third.test"
            )
        )
    assert (await post(running.app, "{ me { name } }")).status == 200


async def test_a_reload_completes_only_subscriptions_it_no_longer_allows() -> None:
    app, engine = fake_app()
    sockets = []
    for name in ("ticks", "broken"):
        socket = Socket(app, ["graphql-transport-ws"])
        await socket.ready()
        sockets.append(socket)
        socket.send({"id": "1", "type": "subscribe", "payload": {"query": f"subscription {{ n: {name} }}"}})
    await engine.opened(1)
    await app.reload(app.supergraph)
    engine.tick(5)
    assert (await sockets[0].receive())["payload"] == {"data": {"n": 5}}
    engine.forbidden = "ticks"
    await app.reload(app.supergraph)
    assert await sockets[0].receive() == {"id": "1", "type": "complete"}
    for socket in sockets:
        await socket.leave()


async def test_a_subgraph_without_a_transport_needs_a_url() -> None:
    sdl = supergraph_of(people=PEOPLE, takings=TAKINGS)
    create_app(sdl, {"people": HandmadeSubgraph("people", [])})
    with pytest.raises(RouterMisconfigured, match="takings"):
        create_app(sdl.replace("http://takings.test", "memory"), {"people": HandmadeSubgraph("people", [])})


async def test_further_routes_are_served_beside_the_endpoint() -> None:
    async def home(_: Request) -> PlainTextResponse:
        return PlainTextResponse("welcome")

    app, _ = fake_app(extras=Extras(routes=[Route("/", home)]))
    assert (await call(app, "GET", "/")).body == b"welcome"
    assert (await post(app, "{ hello }")).status == 200
    assert (await call(app, "GET", "/nowhere")).status == 404


async def test_a_named_origin_may_read_and_others_may_not() -> None:
    app, _ = fake_app({"cors": {"origins": ["https://a.test"]}})
    allowed = await post(app, "{ hello }", headers={"origin": "https://a.test"})
    assert allowed.headers["access-control-allow-origin"] == "https://a.test"
    assert "retry-after" in allowed.headers["access-control-expose-headers"]
    other = await post(app, "{ hello }", headers={"origin": "https://b.test"})
    assert "access-control-allow-origin" not in other.headers
    preflight = {"origin": "https://a.test", "access-control-request-method": "POST"}
    assert (await call(app, "OPTIONS", headers=preflight)).status == 200


async def test_a_browser_gets_the_page_and_its_assets_from_here() -> None:
    app, _ = fake_app(extras=Extras(examples=[{"query": "{ hello }</script>"}]))
    page = await call(app, "GET", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert b"{ hello }\\u003c/script>" in page.body
    assert b"http" not in page.body
    script = await call(app, "GET", "/graphql/assets/graphiql.js")
    assert script.status == 200
    assert len(script.body) > 500_000
    off, _ = fake_app({"graphiql": {"enabled": False}})
    assert (await call(off, "GET", headers={"accept": "text/html"})).status == 406


async def test_costs_are_reported_on_request_as_estimated_and_as_they_were() -> None:
    running = graph({"limits": {"report_cost": True}})
    answer = await post(running.app, "{ films { title } me { name } }")
    films = len(answer.json["data"]["films"])
    assert answer.json["extensions"] == {"cost": {"estimated": 11, "actual": films + 1}}
    assert answer.json["data"]["me"] == {"name": "Ada"}
    assert "extensions" not in (await post(graph().app, "{ me { name } }")).json


@pytest.mark.parametrize(
    ("origin", "cookies", "allowed"),
    [
        ("https://cinema.test", True, True),
        ("https://friend.test", True, True),
        ("https://evil.test", True, False),
        ("https://evil.test", False, True),
    ],
)
async def test_a_page_elsewhere_cannot_use_cookies_over_a_socket(
    origin: str, cookies: bool, allowed: bool
) -> None:
    settings = {
        "cors": {"origins": ["https://friend.test"]},
        "headers": {"propagate": ["cookie"] if cookies else []},
    }
    app, _ = fake_app(settings)
    socket = Socket(app, ["graphql-transport-ws"], {"origin": origin, "host": "cinema.test"})
    if allowed:
        await socket.ready()
        await socket.leave()
    else:
        assert (await socket.refused())["code"] == 4403
