"""GraphQL over SSE: distinct connections, and one for all operations of a client."""

from __future__ import annotations

import orjson

from marquee_router import RouterApp
from tests.router.transport.driving import Stream, call, stream
from tests.router.transport.fake import fake_app

EVENTS = {"accept": "text/event-stream"}
COUNT = {"query": "subscription { count(to: 2) }"}
TICKS = {"query": "subscription { ticks }"}


async def test_each_event_is_a_next_and_the_end_a_complete() -> None:
    app, _ = fake_app()
    client = stream(app, COUNT, headers=EVENTS)
    status, headers = await client.head()
    assert (status, headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert headers["cache-control"] == "no-cache, no-transform"
    assert await client.rest() == (
        b':\n\nevent: next\ndata: {"data":{"count":1}}\n\n'
        b'event: next\ndata: {"data":{"count":2}}\n\nevent: complete\ndata:\n\n'
    )
    await client.task


async def test_get_subscribes_too() -> None:
    app, _ = fake_app()
    client = stream(app, method="GET", query_string="query=subscription{count(to:1)}", headers=EVENTS)
    await client.head()
    assert b'{"data":{"count":1}}' in await client.rest()


async def test_a_client_that_only_reads_streams_gets_queries_and_errors_as_events() -> None:
    app, _ = fake_app()
    query = stream(app, {"query": "{ hello }"}, headers=EVENTS)
    await query.head()
    assert b'event: next\ndata: {"data":{"hello":"hello world"}}' in await query.rest()
    refused = stream(app, {"query": "{"}, headers=EVENTS)
    assert (await refused.head())[0] == 200
    rest = await refused.rest()
    assert b"GRAPHQL_PARSE_FAILED" in rest
    assert rest.endswith(b"event: complete\ndata:\n\n")


async def test_a_client_that_reads_both_gets_queries_whole() -> None:
    app, _ = fake_app()
    accept = {"accept": "application/graphql-response+json, text/event-stream, multipart/mixed"}
    query = stream(app, {"query": "{ hello }"}, headers=accept)
    assert (await query.head())[1]["content-type"].startswith("application/graphql-response+json")
    subscription = stream(app, COUNT, headers=accept)
    assert (await subscription.head())[1]["content-type"].startswith("text/event-stream")
    await subscription.rest()


async def test_mutations_never_come_by_get() -> None:
    app, engine = fake_app()
    answer = await call(app, "GET", query_string="query=mutation{add(value:1)}", headers=EVENTS)
    assert (answer.status, engine.total) == (405, 0)


async def test_a_client_that_leaves_ends_its_upstream() -> None:
    app, engine = fake_app()
    client = stream(app, TICKS, headers=EVENTS)
    await client.head()
    await engine.subscribed.wait()
    await client.leave()
    assert app.service.broadcast.upstreams == 0


async def test_silence_is_broken_by_comments() -> None:
    app, _ = fake_app({"subscriptions": {"heartbeat_seconds": 0.001}})
    client = stream(app, TICKS, headers=EVENTS)
    await client.head()
    assert [await client.piece() for _ in range(3)] == [b":\n\n"] * 3
    await client.leave()


async def test_a_client_too_slow_is_told_so() -> None:
    app, engine = fake_app({"subscriptions": {"queue_events": 2}})
    client = stream(app, {"query": "subscription { count(to: 50) }"}, headers=EVENTS)
    await client.head()
    rest = await client.rest()
    assert b"SUBSCRIPTION_TOO_SLOW" in rest
    assert engine.streams == 1


async def open_single(app: RouterApp) -> tuple[str, Stream]:
    """A reserved stream and the connection that reads it."""
    reserved = await call(app, "PUT")
    assert reserved.status == 201
    token = reserved.body.decode()
    client = stream(app, method="GET", query_string=f"token={token}", headers=EVENTS)
    assert (await client.head())[0] == 200
    assert await client.piece() == b":\n\n"
    return token, client


def operation(identifier: str, query: str) -> bytes:
    """The body that starts an operation on a reserved stream."""
    return orjson.dumps({"query": query, "extensions": {"operationId": identifier}})


async def test_one_connection_carries_many_operations() -> None:
    app, engine = fake_app()
    token, client = await open_single(app)
    headers = {"content-type": "application/json", "x-graphql-event-stream-token": token}
    assert (await call(app, headers=headers, body=operation("a", "subscription { ticks }"))).status == 202
    await engine.subscribed.wait()
    assert (await call(app, headers=headers, body=operation("b", "{ hello }"))).status == 202
    assert await client.piece() == (
        b'event: next\ndata: {"id":"b","payload":{"data":{"hello":"hello world"}}}\n\n'
    )
    assert await client.piece() == b'event: complete\ndata: {"id":"b"}\n\n'
    engine.tick(4)
    assert await client.piece() == b'event: next\ndata: {"id":"a","payload":{"data":{"ticks":4}}}\n\n'
    stopped = await call(app, "DELETE", query_string="operationId=a", headers=headers)
    assert stopped.status == 200
    assert await client.piece() == b'event: complete\ndata: {"id":"a"}\n\n'
    assert app.service.broadcast.upstreams == 0
    await client.leave()


async def test_a_refused_operation_is_told_on_the_stream() -> None:
    app, _ = fake_app()
    token, client = await open_single(app)
    headers = {"content-type": "application/json", "x-graphql-event-stream-token": token}
    assert (await call(app, headers=headers, body=operation("a", "{"))).status == 202
    assert b"GRAPHQL_PARSE_FAILED" in await client.piece()
    assert await client.piece() == b'event: complete\ndata: {"id":"a"}\n\n'
    await client.leave()


async def test_a_fault_ends_its_operation_masked_and_the_others_go_on() -> None:
    app, _ = fake_app()
    token, client = await open_single(app)
    headers = {"content-type": "application/json", "x-graphql-event-stream-token": token}
    for _ in range(2):  # its id is free again
        assert (await call(app, headers=headers, body=operation("a", "{ fault }"))).status == 202
        assert b'"code":"INTERNAL_SERVER_ERROR"' in await client.piece()
        assert await client.piece() == b'event: complete\ndata: {"id":"a"}\n\n'
    await client.leave()


async def test_a_stream_is_opened_once_and_only_when_reserved() -> None:
    app, _ = fake_app()
    token, client = await open_single(app)
    again = await call(app, "GET", query_string=f"token={token}", headers=EVENTS)
    assert (again.status, again.code) == (409, "STREAM_CONFLICT")
    unknown = await call(app, "GET", query_string="token=x", headers=EVENTS)
    assert (unknown.status, unknown.code) == (404, "STREAM_UNKNOWN")
    await client.leave()
    gone = await call(app, "GET", query_string=f"token={token}", headers=EVENTS)
    assert gone.status == 404


async def test_an_operation_id_is_used_once_at_a_time() -> None:
    app, engine = fake_app()
    token, client = await open_single(app)
    headers = {"content-type": "application/json", "x-graphql-event-stream-token": token}
    await call(app, headers=headers, body=operation("a", "subscription { ticks }"))
    await engine.subscribed.wait()
    again = await call(app, headers=headers, body=operation("a", "{ hello }"))
    assert (again.status, again.code) == (409, "STREAM_CONFLICT")
    nameless = await call(app, headers=headers, body=b'{"query": "{ hello }"}')
    assert nameless.status == 400
    await client.leave()
    assert app.service.broadcast.upstreams == 0


async def test_streams_of_a_server_that_stops_end_and_no_more_are_opened() -> None:
    app, engine = fake_app()
    distinct = stream(app, TICKS, headers=EVENTS)
    await distinct.head()
    token, single = await open_single(app)
    headers = {"content-type": "application/json", "x-graphql-event-stream-token": token}
    body = operation("a", "subscription { n: ticks }")
    assert (await call(app, headers=headers, body=body)).status == 202
    await engine.opened(2)
    app.begin_drain()
    assert b"complete" not in await distinct.rest()
    assert b"complete" not in await single.rest()
    assert app.service.broadcast.upstreams == 0
    late = await call(
        app,
        headers={"content-type": "application/json", **EVENTS},
        body=orjson.dumps(TICKS),
    )
    assert late.body == b":\n\n"
    reservation = await call(app, "PUT")
    assert reservation.code == "SERVER_RESTARTING"
