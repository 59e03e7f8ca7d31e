"""Every call carries an identity for the subgraph that is called, in this process and over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from aiohttp import web

from marquee_router import RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_router.execution.in_process import InProcessTransport
from marquee_router.execution.subgraph import SubgraphReply
from tests.router.security.issuing import Issuing, issuing
from tests.router.transport.driving import Socket, post
from tests.router.transport.graph import LINK, supergraph_of

SUPERGRAPH = supergraph_of(
    orders=LINK
    + "type Query { order: Order } type Subscription { ticks: Int }"
    + 'type Order @key(fields: "id") { id: ID! }',
    parcels=LINK + 'type Order @key(fields: "id") { id: ID! parcel: String }',
)
ANSWERS = {
    "orders": b'{"data":{"order":{"__typename":"Order","id":"1"}}}',
    "parcels": b'{"data":{"_entities":[{"__typename":"Order","parcel":"box"}]}}',
}
Seen = dict[str, list[str]]


@asynccontextmanager
async def in_process(seen: Seen, issuer: Issuing) -> AsyncIterator[RouterApp]:
    """A router with both subgraphs in this process."""

    def app(name: str) -> Any:
        async def serve(scope: Any, receive: Any, send: Any) -> None:
            seen[name] += [value.decode() for key, value in scope["headers"] if key == b"x-marquee-identity"]
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": ANSWERS[name]})

        return serve

    transports = {name: InProcessTransport(app(name)) for name in ANSWERS}
    router = create_app(
        SUPERGRAPH, transports, RouterConfig.model_validate(issuer.settings()), extras=issuer.extras()
    )
    async with router._lifespan(router._app):  # type: ignore[arg-type]  # it is not used
        yield router


@asynccontextmanager
async def over_http(seen: Seen, issuer: Issuing) -> AsyncIterator[RouterApp]:
    """A router with both subgraphs behind sockets."""
    runners, urls = [], {}
    for name in ANSWERS:

        async def answer(request: web.Request, name: str = name) -> web.Response:
            seen[name].append(request.headers["x-marquee-identity"])
            return web.Response(body=ANSWERS[name], content_type="application/json")

        served = web.Application()
        served.router.add_post("/graphql", answer)
        runner = web.AppRunner(served)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        runners.append(runner)
        urls[name] = {"url": f"http://127.0.0.1:{runner.addresses[0][1]}/graphql"}
    config = RouterConfig.model_validate({**issuer.settings(), "subgraphs": {"by_name": urls}})
    router = create_app(SUPERGRAPH, {}, config, extras=issuer.extras())
    async with router._lifespan(router._app):  # type: ignore[arg-type]  # it is not used
        yield router
    for runner in runners:
        await runner.cleanup()


@pytest.mark.parametrize("opened", [in_process, over_http])
async def test_each_subgraph_is_the_only_audience_of_what_it_receives(opened: Any) -> None:
    issuer = issuing()
    seen: Seen = {name: [] for name in ANSWERS}
    async with opened(seen, issuer) as app:
        for token in (f"Bearer {issuer.token('ada')}", None):
            headers = {} if token is None else {"authorization": token}
            answer = await post(app, "{ order { id parcel } }", headers=headers)
            assert answer.json == {"data": {"order": {"id": "1", "parcel": "box"}}}
        keys = app.signer.jwks["keys"]
    for name, tokens in seen.items():
        claims = [
            jwt.decode(token, jwt.PyJWK(keys[0]), algorithms=["EdDSA"], audience=f"marquee-subgraphs/{name}")
            for token in tokens
        ]
        assert [each.get("sub") for each in claims] == ["ada", None]
        assert {each["aud"] for each in claims} == {f"marquee-subgraphs/{name}"}


class Ticking:
    """Implements `SubgraphTransport` for subscriptions."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Never called."""
        raise AssertionError

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """One tick."""
        self.seen.append(headers["x-marquee-identity"])
        yield b'{"data":{"ticks":1}}'

    async def aclose(self) -> None:
        """Nothing is held."""


async def test_a_subscription_carries_one_too() -> None:
    orders = Ticking()
    app = create_app(SUPERGRAPH, {"orders": orders, "parcels": Ticking()}, RouterConfig())
    socket = Socket(app, ["graphql-transport-ws"])
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "subscription { ticks }"}})
    assert (await socket.receive())["payload"] == {"data": {"ticks": 1}}
    [token] = orders.seen
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == "marquee-subgraphs/orders"
    await socket.leave()
