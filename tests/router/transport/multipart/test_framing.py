"""Subscriptions over multipart/mixed, as Apollo's clients read them."""

from __future__ import annotations

from tests.router.transport.driving import stream
from tests.router.transport.fake import fake_app

ACCEPT = {"accept": 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'}
PART = b"\r\ncontent-type: application/json\r\n\r\n"


async def test_each_event_is_a_part_with_its_payload() -> None:
    app, _ = fake_app()
    client = stream(app, {"query": "subscription { count(to: 2) }"}, headers=ACCEPT)
    status, headers = await client.head()
    assert (status, headers["content-type"]) == (
        200,
        'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0',
    )
    assert await client.rest() == (
        b"--graphql"
        + PART
        + b'{"payload":{"data":{"count":1}}}\r\n--graphql'
        + PART
        + b'{"payload":{"data":{"count":2}}}\r\n--graphql--\r\n'
    )


async def test_the_heartbeat_is_an_empty_object() -> None:
    app, _ = fake_app({"subscriptions": {"heartbeat_seconds": 0.001}})
    client = stream(app, {"query": "subscription { ticks }"}, headers=ACCEPT)
    await client.head()
    assert await client.piece() == b"--graphql"
    assert await client.piece() == PART + b"{}\r\n--graphql"
    await client.leave()


async def test_an_error_of_the_stream_stands_beside_the_payload() -> None:
    app, _ = fake_app()
    client = stream(app, {"query": "subscription { broken }"}, headers=ACCEPT)
    await client.head()
    rest = await client.rest()
    assert b'{"payload":null,"errors":[{"message":"Internal server error"' in rest
    assert b"secret" not in rest


async def test_a_query_of_the_same_client_is_answered_whole() -> None:
    app, _ = fake_app()
    client = stream(app, {"query": "{ hello }"}, headers=ACCEPT)
    assert (await client.head())[1]["content-type"] == "application/json; charset=utf-8"


async def test_a_client_that_reads_nothing_else_gets_one_part() -> None:
    app, _ = fake_app()
    client = stream(app, {"query": "{ hello }"}, headers={"accept": "multipart/mixed"})
    await client.head()
    assert await client.rest() == (
        b"--graphql" + PART + b'{"data":{"hello":"hello world"}}\r\n--graphql--\r\n'
    )
