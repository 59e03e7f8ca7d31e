"""GraphQL over SSE in the single connection mode: a reserved stream carries many operations."""

from __future__ import annotations

import orjson

from marquee_router import RouterApp
from tests.router.transport.driving import Stream, call, stream
from tests.router.transport.fake import fake_app

EVENTS = {"accept": "text/event-stream"}
COUNT = {"query": "subscription { count(to: 2) }"}
TICKS = {"query": "subscription { ticks }"}


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
