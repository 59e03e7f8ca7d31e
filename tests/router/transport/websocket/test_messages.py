"""Who a socket belongs to: the token of the init payload or of the handshake, and its end."""

from __future__ import annotations

import time

import pytest

from tests.router.security.issuing import ISSUER, issuing
from tests.router.transport.driving import Socket
from tests.router.transport.fake import fake_app

TRANSPORT_WS = ["graphql-transport-ws"]


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_the_init_payload_says_who_it_is(name: str) -> None:
    issuer = issuing()
    app, engine = fake_app(issuer.settings(), extras=issuer.extras())
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready({name: f"Bearer {issuer.token('ada')}"})
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}})
    await socket.receive()
    identity = engine.contexts[-1].identity
    assert identity is not None
    assert (identity.subject, identity.issuer) == ("ada", ISSUER)
    await socket.leave()


async def test_the_handshake_may_say_it_too() -> None:
    issuer = issuing()
    app, engine = fake_app(issuer.settings(), extras=issuer.extras())
    socket = Socket(app, TRANSPORT_WS, {"authorization": f"Bearer {issuer.token('ada')}"})
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}})
    await socket.receive()
    assert engine.contexts[-1].identity is not None
    await socket.leave()


async def test_a_bad_token_is_4403() -> None:
    issuer = issuing()
    app, _ = fake_app(issuer.settings(), extras=issuer.extras())
    socket = Socket(app, TRANSPORT_WS)
    await socket.accepted()
    socket.send({"type": "connection_init", "payload": {"authorization": "Bearer nonsense"}})
    assert (await socket.closed())[0] == 4403


async def test_the_socket_ends_with_its_token() -> None:
    issuer = issuing()
    settings = {"authentication": {**issuer.settings()["authentication"], "leeway_seconds": 60}}
    app, _ = fake_app(settings, extras=issuer.extras())
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready({"authorization": issuer.token("ada", exp=time.time() - 1)})
    assert await socket.closed() == (4403, "The token has expired")
