"""What the two WebSocket subprotocols promise, message by message."""

from __future__ import annotations

import pytest

from tests.router.transport.driving import Socket
from tests.router.transport.fake import fake_app

TRANSPORT_WS = ["graphql-transport-ws"]
LEGACY_WS = ["graphql-ws"]
COUNT = {"query": "subscription { count(to: 2) }"}
TICKS = {"query": "subscription { ticks }"}


async def test_the_first_known_subprotocol_is_chosen() -> None:
    app, _ = fake_app()
    socket = Socket(app, ["chat", "graphql-transport-ws", "graphql-ws"])
    assert await socket.accepted() == "graphql-transport-ws"
    await socket.leave()


@pytest.mark.parametrize("offered", [[], ["chat"]])
async def test_an_unknown_subprotocol_is_closed_with_4406(offered: list[str]) -> None:
    app, _ = fake_app()
    socket = Socket(app, offered)
    await socket.accepted()
    assert (await socket.closed())[0] == 4406


async def test_a_subscription_sends_next_and_complete() -> None:
    app, _ = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": COUNT})
    assert [await socket.receive() for _ in range(3)] == [
        {"id": "1", "type": "next", "payload": {"data": {"count": 1}}},
        {"id": "1", "type": "next", "payload": {"data": {"count": 2}}},
        {"id": "1", "type": "complete"},
    ]
    await socket.leave()


async def test_queries_and_mutations_run_on_a_socket_too() -> None:
    app, engine = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "q", "type": "subscribe", "payload": {"query": "mutation { add(value: 3) }"}})
    assert await socket.receive() == {"id": "q", "type": "next", "payload": {"data": {"add": 3}}}
    assert await socket.receive() == {"id": "q", "type": "complete"}
    assert engine.total == 3
    await socket.leave()


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "subscription ($n: Int!) { count(to: $n) }"}, "BAD_USER_INPUT"),
        ({"query": 5}, "MALFORMED_REQUEST"),
        ({}, "MALFORMED_REQUEST"),
        ({"query": "{ fault }"}, "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_a_refused_operation_is_an_error_and_the_socket_stays(
    payload: dict[str, object], code: str
) -> None:
    app, _ = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": payload})
    message = await socket.receive()
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", code)
    assert "secret" not in str(message)
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}})
    assert (await socket.receive())["payload"] == {"data": {"hello": "hello world"}}
    await socket.leave()


async def test_a_stream_that_breaks_ends_with_a_masked_error() -> None:
    app, _ = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "subscription { broken }"}})
    assert (await socket.receive())["type"] == "next"
    message = await socket.receive()
    assert message["type"] == "error"
    assert "secret" not in str(message)
    await socket.leave()


async def test_complete_from_the_client_stops_the_upstream() -> None:
    app, engine = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": TICKS})
    await engine.subscribed.wait()
    engine.tick(7)
    assert (await socket.receive())["payload"] == {"data": {"ticks": 7}}
    socket.send({"id": "1", "type": "complete"})
    socket.send({"type": "ping", "payload": {"at": 1}})
    assert await socket.receive() == {"type": "pong", "payload": {"at": 1}}
    assert app.service.broadcast.upstreams == 0
    await socket.leave()


async def test_leaving_stops_every_upstream() -> None:
    app, engine = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": TICKS})
    await engine.subscribed.wait()
    await socket.leave()
    assert app.service.broadcast.upstreams == 0


async def test_initialisation_is_waited_for_only_so_long() -> None:
    app, _ = fake_app({"websocket": {"init_timeout_seconds": 0.001}})
    socket = Socket(app, TRANSPORT_WS)
    await socket.accepted()
    assert (await socket.closed())[0] == 4408


async def test_subscribing_before_the_acknowledgement_is_4401() -> None:
    app, engine = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.accepted()
    socket.send({"id": "1", "type": "subscribe", "payload": COUNT})
    assert (await socket.closed())[0] == 4401
    assert engine.streams == 0


async def test_a_second_initialisation_is_4429() -> None:
    app, _ = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"type": "connection_init"})
    assert (await socket.closed())[0] == 4429


async def test_an_id_in_use_is_4409() -> None:
    app, engine = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": TICKS})
    await engine.subscribed.wait()
    socket.send({"id": "1", "type": "subscribe", "payload": TICKS})
    assert await socket.closed() == (4409, "Subscriber for 1 already exists")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"type": 5}',
        '{"type": "nonsense"}',
        '{"type": "subscribe", "id": "", "payload": {}}',
        '{"type": "subscribe", "id": "1"}',
        '{"type": "complete"}',
        '{"type": "start", "id": "1", "payload": {}}',
    ],
)
async def test_a_message_that_is_none_is_4400(text: str) -> None:
    app, _ = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send_text(text)
    assert (await socket.closed())[0] == 4400


async def test_only_so_many_operations_run_on_a_socket() -> None:
    app, engine = fake_app({"websocket": {"max_operations": 1}})
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": TICKS})
    await engine.subscribed.wait()
    socket.send({"id": "2", "type": "subscribe", "payload": COUNT})
    message = await socket.receive()
    assert (message["id"], message["type"]) == ("2", "error")
    assert message["payload"][0]["extensions"]["code"] == "OPERATION_LIMIT_EXCEEDED"
    await socket.leave()


async def test_silence_is_broken_by_pings() -> None:
    app, _ = fake_app({"websocket": {"ping_interval_seconds": 0.001}})
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    assert await socket.receive() == {"type": "ping"}
    socket.send({"type": "pong"})
    assert await socket.receive() == {"type": "ping"}
    assert await socket.closed() == (4499, "The client does not answer")


async def test_the_legacy_protocol_speaks_its_own_words() -> None:
    app, _ = fake_app()
    socket = Socket(app, LEGACY_WS)
    await socket.ready()
    assert await socket.receive() == {"type": "ka"}
    socket.send({"id": "1", "type": "start", "payload": COUNT})
    assert await socket.receive() == {"id": "1", "type": "data", "payload": {"data": {"count": 1}}}
    assert await socket.receive() == {"id": "1", "type": "data", "payload": {"data": {"count": 2}}}
    assert await socket.receive() == {"id": "1", "type": "complete"}
    socket.send({"id": "2", "type": "start", "payload": {"query": "{"}})
    message = await socket.receive()
    assert (message["type"], message["payload"]["errors"][0]["extensions"]["code"]) == (
        "data",
        "GRAPHQL_PARSE_FAILED",
    )
    assert await socket.receive() == {"id": "2", "type": "complete"}
    socket.send({"type": "connection_terminate"})
    await socket.closed()


async def test_stop_ends_a_legacy_subscription() -> None:
    app, engine = fake_app()
    socket = Socket(app, LEGACY_WS)
    await socket.ready()
    await socket.receive()
    socket.send({"id": "1", "type": "start", "payload": TICKS})
    await engine.subscribed.wait()
    socket.send({"id": "1", "type": "stop"})
    assert await socket.receive() == {"id": "1", "type": "complete"}
    assert app.service.broadcast.upstreams == 0
    await socket.leave()


async def test_a_slow_client_is_disconnected_when_its_bound_is_reached() -> None:
    app, engine = fake_app({"subscriptions": {"queue_events": 3}})
    slow, fast = Socket(app, TRANSPORT_WS), Socket(app, TRANSPORT_WS)
    for socket in (slow, fast):
        await socket.ready()
        socket.send({"id": "1", "type": "subscribe", "payload": TICKS})
    await engine.subscribed.wait()
    slow.block()
    for value in range(6):
        engine.tick(value)
        assert (await fast.receive())["payload"] == {"data": {"ticks": value}}
    slow.resume()
    assert (await slow.closed())[0] == 1013
    assert app.service.broadcast.listeners == 1
    await fast.leave()


async def test_a_slow_client_may_lose_its_oldest_events_instead() -> None:
    app, engine = fake_app({"subscriptions": {"queue_events": 2, "slow_client": "drop-oldest"}})
    slow, fast = Socket(app, TRANSPORT_WS), Socket(app, TRANSPORT_WS)
    for socket in (slow, fast):
        await socket.ready()
        socket.send({"id": "1", "type": "subscribe", "payload": TICKS})
    await engine.subscribed.wait()
    slow.block()
    for value in range(5):
        engine.tick(value)
        await fast.receive()
    slow.resume()
    received = [(await slow.receive())["payload"]["data"]["ticks"] for _ in range(3)]
    assert received == [0, 3, 4]
    await slow.leave()
    await fast.leave()


async def test_draining_asks_clients_to_connect_again() -> None:
    app, _ = fake_app()
    socket = Socket(app, TRANSPORT_WS)
    await socket.ready()
    app.begin_drain()
    assert (await socket.closed())[0] == 1012
    late = Socket(app, TRANSPORT_WS)
    assert (await late.closed())[0] == 1012
