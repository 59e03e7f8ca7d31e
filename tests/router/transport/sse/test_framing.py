"""GraphQL over SSE in the distinct connections mode: a stream carries one operation."""

from __future__ import annotations

from tests.router.transport.driving import call, stream
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
