"""Equal subscriptions share one upstream; what must differ never does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from marquee_router import RouterApp
from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.request import Response
from marquee_router.transport.broadcast import Broadcast, Source
from marquee_router.transport.event_queue import EventQueue
from tests.router.security.issuing import issuing
from tests.router.transport.driving import Socket, stream
from tests.router.transport.fake import fake_app

TICKS = {"query": "subscription { ticks }"}


async def subscribed(app: RouterApp, payload: dict[str, Any], init: dict[str, Any] | None = None) -> Socket:
    """A socket with one running subscription."""
    socket = Socket(app, ["graphql-transport-ws"])
    await socket.ready(init)
    socket.send({"id": "1", "type": "subscribe", "payload": payload})
    socket.send({"type": "ping"})
    while (await socket.receive())["type"] != "pong":
        pass
    return socket


async def test_equal_subscriptions_share_one_upstream_across_transports() -> None:
    app, engine = fake_app()
    sockets = [await subscribed(app, TICKS) for _ in range(3)]
    events = stream(app, TICKS, headers={"accept": "text/event-stream"})
    await events.head()
    await engine.opened(1)
    engine.tick(1)
    for socket in sockets:
        assert (await socket.receive())["payload"] == {"data": {"ticks": 1}}
    assert await events.piece() == b":\n\n"
    assert await events.piece() == b'event: next\ndata: {"data":{"ticks":1}}\n\n'
    assert (engine.streams, app.service.broadcast.listeners) == (1, 4)
    for socket in sockets:
        await socket.leave()
    assert app.service.broadcast.upstreams == 1
    await events.leave()
    assert app.service.broadcast.upstreams == 0


async def test_other_variables_have_another_upstream() -> None:
    app, engine = fake_app()
    query = "subscription ($v: Int) { ticks(afterVersion: $v) }"
    sockets = [await subscribed(app, {"query": query, "variables": {"v": number}}) for number in (1, 2, 1)]
    await engine.opened(2)
    engine.tick(0)
    assert engine.streams == 2
    for socket in sockets:
        await socket.leave()


async def test_two_people_never_share() -> None:
    issuer = issuing()
    app, engine = fake_app(issuer.settings(), extras=issuer.extras())
    tokens = [issuer.token(name) for name in ("ada", "eva")]
    sockets = [await subscribed(app, TICKS, {"authorization": token}) for token in [*tokens, tokens[0]]]
    await engine.opened(2)
    engine.tick(1)
    assert engine.streams == 2
    for socket in sockets:
        await socket.leave()


async def test_a_public_field_is_shared_by_all_and_asked_for_as_a_guest() -> None:
    issuer = issuing()
    settings = {**issuer.settings(), "subscriptions": {"public_fields": ["ticks"]}}
    app, engine = fake_app(settings, extras=issuer.extras())
    sockets = [await subscribed(app, TICKS, {"authorization": issuer.token(n)}) for n in ("ada", "eva")]
    guest = await subscribed(app, TICKS)
    await engine.opened(1)
    engine.tick(1)
    assert engine.streams == 1
    context = engine.subscriber_contexts[0]
    assert context.identity is None
    assert app.signer is not None
    assert context.subgraph_headers[app.signer.header] == app.signer.describe(None)
    for socket in (*sockets, guest):
        await socket.leave()


async def test_sharing_can_be_switched_off() -> None:
    app, engine = fake_app({"subscriptions": {"share": False}})
    sockets = [await subscribed(app, TICKS) for _ in range(2)]
    await engine.opened(2)
    engine.tick(1)
    assert engine.streams == 2
    for socket in sockets:
        await socket.leave()


@pytest.mark.parametrize("arguments", ["(afterVersion: 5)", ""])
async def test_who_resumes_or_begins_late_gets_the_first_events_too(arguments: str) -> None:
    app, engine = fake_app()
    resume = {"query": f"subscription {{ ticks{arguments} }}"}
    early = await subscribed(app, resume)
    await engine.opened(1)
    engine.tick(6)
    assert (await early.receive())["payload"] == {"data": {"ticks": 6}}
    late = Socket(app, ["graphql-transport-ws"])
    await late.ready()
    late.send({"id": "1", "type": "subscribe", "payload": resume})
    assert (await late.receive())["payload"] == {"data": {"ticks": 6}}
    assert engine.streams == 1
    await early.leave()
    await late.leave()


async def test_who_resumes_too_late_gets_an_upstream_of_its_own() -> None:
    app, engine = fake_app({"subscriptions": {"replay_events": 1}})
    resume = {"query": "subscription { ticks(afterVersion: 5) }"}
    early = await subscribed(app, resume)
    await engine.opened(1)
    engine.tick(6)
    engine.tick(7)
    for value in (6, 7):
        assert (await early.receive())["payload"] == {"data": {"ticks": value}}
    late = await subscribed(app, resume)
    await engine.opened(2)
    engine.tick(8)
    assert engine.streams == 2
    await early.leave()
    await late.leave()


async def test_only_so_many_upstreams_are_opened() -> None:
    app, _ = fake_app({"subscriptions": {"max_upstreams": 1}})
    first = await subscribed(app, TICKS)
    second = Socket(app, ["graphql-transport-ws"])
    await second.ready()
    second.send({"id": "1", "type": "subscribe", "payload": {"query": "subscription { broken }"}})
    assert (await second.receive())["type"] == "error"
    await first.leave()
    await second.leave()


async def test_a_refusal_reaches_every_listener() -> None:
    broadcast = Broadcast(max_upstreams=5, replay_events=1)

    async def refused() -> AsyncIterator[Response]:
        if broadcast.upstreams:
            raise LimitExceeded("no")
        yield Response(b"{}")

    source = Source(key="k", open=refused)
    queues = [EventQueue(1, "disconnect") for _ in range(2)]
    for queue in queues:
        broadcast.join(source, queue)
    for queue in queues:
        end = await queue.next(5)
        assert isinstance(getattr(end, "error", None), RequestError)
    assert broadcast.upstreams == 0
