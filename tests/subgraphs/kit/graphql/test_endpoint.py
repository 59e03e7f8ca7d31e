"""The door itself: HTTP forms, WebSocket subscriptions, health, exact scalars."""

from __future__ import annotations

import json

import pytest

from marquee_subgraphs.kit.identity import ANONYMOUS, IDENTITY_HEADER
from tests.subgraphs.door import Door
from tests.subgraphs.kit.graphql.shop import Shop

TITLES = 'subscription { titles(id: "b1", times: 2) { id title } }'


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'"query"', 400),
        (b"{}", 400),
        (b'{"query": 5}', 400),
        (b'{"query": "{ __typename }", "variables": []}', 400),
        (b'{"query": "{ __typename }", "operationName": 1}', 400),
        (b"\xff\xfe", 400),
        (b'{"query": "' + b"x" * 5_000_000 + b'"}', 413),
    ],
)
async def test_a_body_that_is_no_request_is_refused(door: Door, body: bytes, status: int) -> None:
    assert (await door.post(body, {IDENTITY_HEADER: door.signer.sign(ANONYMOUS)}))[0] == status


async def test_another_content_type_is_refused(door: Door) -> None:
    status, _ = await door.post(b'{"query": "{ __typename }"}', {"content-type": "text/plain"})
    assert status == 415


async def test_health_and_readiness_are_told_apart(door: Door) -> None:
    assert await door.get("/health") == (200, {"status": "ok", "subgraph": "shop"})
    assert (await door.get("/ready"))[0] == 200
    await door.subgraph.stop()
    assert (await door.get("/health"))[0] == 200
    status, body = await door.get("/ready")
    assert (status, body["status"]) == (503, "not ready")
    assert (await door.post(b"{}", {}))[0] == 503


async def test_a_subscription_sees_each_event_with_fresh_rows(door: Door, shop: Shop) -> None:
    async with door.subscribe(TITLES) as events:
        assert await anext(events) == {"data": {"titles": {"id": "b1", "title": "Book 1"}}}
        shop.titles["b1"] = "Book 1, revised"
        shop.bell.set()
        assert (await anext(events))["data"]["titles"]["title"] == "Book 1, revised"
        shop.bell.set()
        assert [event async for event in events] == []


async def test_a_subscription_needs_the_routers_signature(door: Door) -> None:
    async with door.subscribe(TITLES, viewer=None) as events:
        assert (await anext(events))["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED_ROUTER"


async def test_a_fault_in_a_subscription_is_masked(door: Door) -> None:
    async with door.subscribe('subscription { titles(id: "b6", times: 1) { id } }') as events:
        event = await anext(events)
    assert event["errors"][0]["extensions"]["code"] == "INTERNAL"
    assert "torn" not in json.dumps(event)


async def test_a_subscription_is_answered_as_an_event_stream(door: Door, shop: Shop) -> None:
    shop.bell.set()
    body = json.dumps({"query": 'subscription { titles(id: "b1", times: 1) { title } }'}).encode()
    headers = {"accept": "text/event-stream", IDENTITY_HEADER: door.signer.sign(ANONYMOUS)}
    status, stream = await door.post(body, headers)
    assert status == 200
    events = [line.removeprefix("data: ") for line in stream.decode().splitlines() if "titles" in line]
    assert [json.loads(event) for event in events] == [{"data": {"titles": {"title": "Book 1"}}}]


async def test_a_subscription_is_not_answered_to_a_plain_post(door: Door) -> None:
    answer = await door.ask(TITLES)
    assert answer.data is None
    assert "event stream" in answer.errors[0]["message"]


@pytest.mark.parametrize("given", ["1.10", "0.000001", "-12345678901234.5", 7])
async def test_decimals_are_exact_text(door: Door, given: str | int) -> None:
    answer = await door.ask("query ($x: Decimal!) { half(of: $x) }", {"x": given})
    assert isinstance(answer.only(), str)
    assert "E" not in answer.only()


@pytest.mark.parametrize("given", [1.5, "1e5", "NaN", "Infinity", "", "1,5", True, None, "9" * 40, " 1"])
async def test_a_decimal_that_could_be_read_two_ways_is_refused(door: Door, given: object) -> None:
    answer = await door.ask("query ($x: Decimal!) { half(of: $x) }", {"x": given})
    assert answer.data is None
    assert len(answer.errors) == 1
    assert answer.codes != ["INTERNAL"]


async def test_a_moment_keeps_its_offset(door: Door) -> None:
    query = "query ($at: DateTime!) { moment(at: $at) }"
    for given, shown in (
        ("2026-05-01T20:30:00-05:00", "2026-05-01T20:30:00-05:00"),
        ("2026-05-01t20:30:00.5z", "2026-05-01T20:30:00.500000Z"),
    ):
        assert (await door.ask(query, {"at": given})).only() == shown


@pytest.mark.parametrize(
    "given", ["2026-05-01T20:30:00", "2026-02-30T00:00:00Z", "tomorrow", 5, "2026-05-01"]
)
async def test_a_moment_without_offset_or_sense_is_refused(door: Door, given: object) -> None:
    answer = await door.ask("query ($at: DateTime!) { moment(at: $at) }", {"at": given})
    assert answer.data is None
    assert answer.codes != ["INTERNAL"]
