"""A fed field: which topic it listens to, what an event is resolved to, and what it may not do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from marquee_router.errors import RouterMisconfigured
from marquee_router.event_sources import LocalEvents
from tests.router.event_sources.graph import Shop, shop
from tests.router.transport.driving import Socket

CHANGED = {"broker": "bus", "topic": "shops.{shop}.orders.{id}"}
FIELDS: dict[str, Any] = {
    "orderChanged": CHANGED,
    "orderMoved": {"broker": "bus", "topic": "moves:{id}", "key": {"id": "data.order_id"}},
    "noted": {"broker": "bus", "topic": "notes"},
    "counted": {"broker": "bus", "topic": "counts"},
}
CHANGES = "subscription ($id: ID!) { orderChanged(id: $id) { %s } }"


def running(bus: LocalEvents, **settings: Any) -> Shop:
    """A shop whose fields are fed by `bus`."""
    return shop({"fields": FIELDS}, bus, **settings)


async def watch(target: Shop, query: str, headers: dict[str, str] | None = None, **variables: Any) -> Socket:
    """A socket that subscribes under the id `1`."""
    socket = Socket(target.app, ["graphql-transport-ws"], headers)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": query, "variables": variables}})
    return socket


async def listening(bus: LocalEvents, topic: str, count: int = 1) -> None:
    """Wait until so many listen."""
    async with asyncio.timeout(60):
        while bus.listeners(topic) != count:  # noqa: ASYNC110 - it has no event
            await asyncio.sleep(0.01)


async def answer(socket: Socket) -> Any:
    """The payload of the next event."""
    message = await socket.receive()
    assert message["type"] == "next", message
    return message["payload"]


async def test_an_event_names_an_entity_and_every_subgraph_tells_of_it() -> None:
    bus = LocalEvents()
    target = running(bus)
    fields = 's: status total(in: "EUR") parcel ... on Order { id }'
    socket = await watch(target, CHANGES % fields, id="1")
    await listening(bus, "shops.main.orders.1")
    for status in ("PAID", "SENT"):
        target.orders.status["1"] = status
        bus.publish("shops.main.orders.1", {"__typename": "Order", "id": "1", "status": "a lie", "more": 1})
        assert await answer(socket) == {
            "data": {
                "orderChanged": {"s": status, "total": "1 EUR", "parcel": "parcel of 1", "id": "1"},
            }
        }
    assert target.orders.calls == [{"__typename": "Order", "id": "1"}] * 2
    assert target.parcels.calls == target.orders.calls
    await socket.leave()
    await listening(bus, "shops.main.orders.1", 0)


async def test_a_key_alone_is_read_from_the_event() -> None:
    bus = LocalEvents()
    target = running(bus)
    socket = await watch(target, CHANGES % "__typename number: id parcel", id="2")
    await listening(bus, "shops.main.orders.2")
    bus.publish("shops.main.orders.2", {"id": "2"})
    expected = {"__typename": "Order", "number": "2", "parcel": "parcel of 2"}
    assert await answer(socket) == {"data": {"orderChanged": expected}}
    assert target.orders.calls == []
    await socket.leave()


async def test_a_subgraph_of_events_alone_needs_no_server() -> None:
    bus = LocalEvents()
    target = running(bus)
    socket = await watch(target, 'subscription { orderMoved(id: "3") { status parcel } }')
    await listening(bus, "moves:3")
    bus.publish("moves:3", {"type": "moved", "data": {"order_id": "3"}})
    assert await answer(socket) == {"data": {"orderMoved": {"status": "NEW", "parcel": "parcel of 3"}}}
    await socket.leave()


async def test_what_is_no_entity_is_carried_whole() -> None:
    bus = LocalEvents()
    target = running(bus)
    note = await watch(target, "subscription { noted { t: text about order { status } } }")
    counts = await watch(target, "subscription { counted }")
    await listening(bus, "notes")
    await listening(bus, "counts")
    bus.publish("notes", {"text": "hot", "order": {"id": "4"}})
    assert await answer(note) == {"data": {"noted": {"t": "hot", "about": None, "order": {"status": "NEW"}}}}
    bus.publish("notes", {"about": "no text"})
    broken = await answer(note)
    assert broken["data"] == {"noted": None}
    assert broken["errors"][0]["path"] == ["noted", "t"]
    bus.publish("counts", [1, 2])
    assert await answer(counts) == {"data": {"counted": [1, 2]}}
    for socket in (note, counts):
        await socket.leave()


@pytest.mark.parametrize(
    "event", ["no object", {"id": None}, {"__typename": "User", "id": "1"}, {"x": 1}, None]
)
async def test_an_event_that_cannot_be_read_ends_nothing(event: Any) -> None:
    bus = LocalEvents()
    target = running(bus)
    socket = await watch(target, CHANGES % "status", id="1")
    await listening(bus, "shops.main.orders.1")
    bus.publish("shops.main.orders.1", event)
    bus.publish("shops.main.orders.1", {"id": "1"})
    assert await answer(socket) == {"data": {"orderChanged": {"status": "NEW"}}}
    assert target.orders.calls == [{"__typename": "Order", "id": "1"}]
    await socket.leave()


async def test_what_the_subgraph_says_of_an_entity_is_told_under_the_field() -> None:
    bus = LocalEvents()
    target = running(bus, mask_subgraph_errors=False)
    socket = await watch(target, CHANGES % "status secret", id="1")
    await listening(bus, "shops.main.orders.1")
    bus.publish("shops.main.orders.1", {"id": "gone"})
    assert await answer(socket) == {"data": {"orderChanged": None}}
    bus.publish("shops.main.orders.1", {"id": "1"})
    refused = await answer(socket)
    assert refused["data"] == {"orderChanged": {"status": "NEW", "secret": None}}
    assert refused["errors"][0]["path"] == ["orderChanged", "secret"]
    target.orders.is_down = True
    bus.publish("shops.main.orders.1", {"id": "1"})
    down = await answer(socket)
    assert down["data"] == {"orderChanged": None}
    assert down["errors"][0]["extensions"]["code"] == "SUBGRAPH_UNAVAILABLE"
    target.orders.is_down = False
    bus.publish("shops.main.orders.1", {"id": "1"})
    assert (await answer(socket))["data"] == refused["data"]
    await socket.leave()


async def test_equal_subscriptions_share_a_listener_and_each_fetch() -> None:
    bus = LocalEvents()
    target = running(bus)
    sockets = [await watch(target, CHANGES % "status parcel", id="1") for _ in range(5)]
    other = await watch(target, CHANGES % "status", id="1")
    await listening(bus, "shops.main.orders.1", 2)
    assert target.app.service.broadcast.listeners == 6
    bus.publish("shops.main.orders.1", {"id": "1"})
    assert len({str(await answer(socket)) for socket in sockets}) == 1
    await answer(other)
    assert len(target.orders.calls) == 2
    assert len(target.parcels.calls) == 1
    for socket in (*sockets, other):
        await socket.leave()
    await listening(bus, "shops.main.orders.1", 0)


async def test_each_listener_asks_with_headers_of_its_own() -> None:
    bus = LocalEvents()
    target = running(bus, headers={"propagate": ["x-tenant"]})
    sockets = [
        await watch(target, CHANGES % "status", {"x-tenant": tenant}, id="1") for tenant in ("north", "south")
    ]
    await listening(bus, "shops.main.orders.1", 2)
    bus.publish("shops.main.orders.1", {"id": "1"})
    for socket in sockets:
        await answer(socket)
        await socket.leave()
    assert sorted(headers["x-tenant"] for headers in target.orders.headers) == ["north", "south"]


async def test_a_long_subscription_asks_with_the_identity_as_it_is_now() -> None:
    bus = LocalEvents()
    target = running(bus)
    socket = await watch(target, CHANGES % "status", id="1")
    await listening(bus, "shops.main.orders.1")
    name = target.app.config.subgraph_identity.header
    for (
        context
    ) in target.app.service.subscriptions._live.values():  # what `keep_identities_fresh` does now and then
        context.subgraph_headers[name] = "signed anew"
    bus.publish("shops.main.orders.1", {"id": "1"})
    await answer(socket)
    assert [headers[name] for headers in target.orders.headers] == ["signed anew"]
    await socket.leave()


async def test_an_argument_never_names_another_topic() -> None:
    bus = LocalEvents()
    target = running(bus)
    socket = await watch(target, CHANGES % "status", id="1.b:c/{shop}*")
    await listening(bus, "shops.main.orders.1%2Eb%3Ac%2F%7Bshop%7D%2A")
    await socket.leave()
    empty = await watch(target, CHANGES % "status", id="")
    message = await empty.receive()
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "BAD_USER_INPUT")
    await empty.leave()


async def test_other_fields_keep_the_stream_of_their_subgraph() -> None:
    target = running(LocalEvents())
    socket = await watch(target, "subscription { ticks }")
    assert await answer(socket) == {"data": {"ticks": 7}}
    await socket.leave()


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"orderEaten": CHANGED}, "event_sources.fields.orderEaten: there is no such subscription field"),
        ({"orderChanged": {"broker": "van", "topic": "t"}}, "there is no broker 'van'"),
        ({"orderChanged": {"broker": "bus", "topic": "{who}"}}, "has no argument 'who'"),
        ({"ticks": {"broker": "bus", "topic": "{every}"}}, "'every' may have no value"),
    ],
)
def test_a_field_that_cannot_be_fed_is_found_at_start(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RouterMisconfigured, match=complaint.replace(".", r"\.")):
        shop({"fields": fields}, LocalEvents())
