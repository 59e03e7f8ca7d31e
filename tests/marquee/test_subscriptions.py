"""Subscriptions as a client in the browser has them: graphql-transport-ws through the router."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.marquee.running import Client, showtimes

pytestmark = pytest.mark.asyncio(loop_scope="session")
WAIT_SECONDS = 10
SEATS = """subscription ($id: ID!, $after: Int) {
  seatMapChanged(showtimeId: $id, afterVersion: $after) { version resync seats { id label status } } }"""
VERSION = "query ($id: ID!) { showtime(id: $id) { id seatMap { version } } }"
ORDER = """subscription ($id: ID!, $token: String) {
  orderUpdated(orderId: $id, accessToken: $token) { id number status tickets { id qrCode } } }"""
RECEIVED = "subscription { notificationReceived { id kind title } }"


class Socket:
    """One acknowledged connection; each operation has its own messages."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._kept: list[Any] = []

    async def send(self, message: dict[str, Any]) -> None:
        await self._connection.send(orjson.dumps(message).decode())

    async def start(self, operation: str, query: str, **variables: Any) -> None:
        payload = {"query": query, "variables": variables}
        await self.send({"id": operation, "type": "subscribe", "payload": payload})

    async def message(self, operation: str | None) -> Any:
        """The next message of this operation; messages of others are kept for their callers."""
        for kept in self._kept:
            if kept.get("id") == operation:
                self._kept.remove(kept)
                return kept
        async with asyncio.timeout(WAIT_SECONDS):
            while True:
                message = orjson.loads(await self._connection.recv())
                if message["type"] == "ping":
                    await self.send({"type": "pong"})
                elif message.get("id") == operation:
                    return message
                else:
                    self._kept.append(message)

    async def next(self, operation: str) -> Any:
        """The data of the next event."""
        message = await self.message(operation)
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def settle(self) -> list[Any]:
        """All that came before the answer to a ping; pings are answered in order."""
        await self.send({"type": "ping"})
        while True:
            message = orjson.loads(await self._connection.recv())
            if message["type"] == "pong":
                return [*self._kept]
            self._kept.append(message)


@asynccontextmanager
async def socket(client: Client) -> AsyncIterator[Socket]:
    """A connection of this client, its token in the connection's parameters."""
    url = client.url.replace("http", "ws", 1) + "/graphql"
    async with connect(url, subprotocols=[cast(Subprotocol, "graphql-transport-ws")]) as connection:
        assert connection.subprotocol == "graphql-transport-ws"
        opened = Socket(connection)
        payload = {"authorization": f"Bearer {client.token}"} if client.token else {}
        await opened.send({"type": "connection_init", "payload": payload})
        assert (await opened.message(None))["type"] == "connection_ack"
        yield opened


async def version(client: Client, showtime_id: str) -> int:
    """The seat map's version now."""
    return int((await client.get(VERSION, id=showtime_id))["showtime"]["seatMap"]["version"])


async def until(watcher: Socket, operation: str, seat_ids: list[str], status: str) -> int:
    """Read changes until these seats have this status; the version of the last one. Versions only grow."""
    waiting, seen = set(seat_ids), -1
    while waiting:
        change = (await watcher.next(operation))["seatMapChanged"]
        assert change["version"] >= seen
        seen = change["version"]
        waiting -= {seat["id"] for seat in change["seats"] if seat["status"] == status}
    return seen


async def test_two_watchers_see_anothers_hold_and_its_release(guest: Client) -> None:
    showtime = (await showtimes(guest, 12))[-1]["id"]
    seats = await guest.best(showtime, 2)
    at = await version(guest, showtime)
    async with socket(guest) as one, socket(guest) as other:
        for watcher in (one, other):
            await watcher.start("map", SEATS, id=showtime, after=at)
        hold = await guest.hold(showtime, seats)
        held = [await until(watcher, "map", seats, "HELD") for watcher in (one, other)]
        assert held[0] == held[1] > at
        await guest.must("releaseHold", "hold { id }", holdToken=hold["token"])
        freed = [await until(watcher, "map", seats, "AVAILABLE") for watcher in (one, other)]
        assert freed[0] == freed[1] > held[0]


async def test_a_watcher_that_was_away_misses_nothing(guest: Client) -> None:
    showtime = (await showtimes(guest, 13))[-1]["id"]
    at = await version(guest, showtime)
    seats = await guest.best(showtime, 2)
    async with socket(guest) as watcher:
        await watcher.start("map", SEATS, id=showtime, after=at)
        first = await guest.hold(showtime, seats)
        at = await until(watcher, "map", seats, "HELD")
    await guest.must("releaseHold", "hold { id }", holdToken=first["token"])
    elsewhere = await guest.best(showtime, 4)
    await guest.hold(showtime, elsewhere)
    async with socket(guest) as watcher:
        await watcher.start("map", SEATS, id=showtime, after=at)
        last: dict[str, str] = {}
        while not (set(elsewhere) <= last.keys() and all(last[seat] == "HELD" for seat in elsewhere)):
            change = (await watcher.next("map"))["seatMapChanged"]
            last |= {seat["id"]: seat["status"] for seat in change["seats"]}
        freed = set(seats) - set(elsewhere)
        assert {last[seat] for seat in freed} <= {"AVAILABLE"}


async def test_without_a_version_the_whole_map_comes_first(guest: Client) -> None:
    showtime = (await showtimes(guest, 13))[-1]["id"]
    query = "query ($id: ID!) { showtime(id: $id) { id seatMap { version seats { id label status } } } }"
    shown = (await guest.get(query, id=showtime))["showtime"]["seatMap"]
    async with socket(guest) as watcher:
        await watcher.start("map", SEATS, id=showtime)
        change = (await watcher.next("map"))["seatMapChanged"]
    assert change["version"] == shown["version"]
    assert sorted(seat["id"] for seat in change["seats"]) == sorted(seat["id"] for seat in shown["seats"])


async def follow(watcher: Socket, operation: str) -> list[Any]:
    """What an order says until it is confirmed."""
    told: list[Any] = []
    while not told or told[-1]["status"] != "CONFIRMED":
        told.append((await watcher.next(operation))["orderUpdated"])
    return told


async def test_the_owner_follows_an_order_from_pending_to_confirmed(guest: Client) -> None:
    ana = await guest.register("ana.follows@example.com")
    showtime = (await showtimes(ana, 14))[-1]["id"]
    order = await ana.order(await ana.hold(showtime, await ana.best(showtime, 2)))
    stranger = await guest.register("stranger.follows@example.com")
    async with socket(ana) as mine, socket(stranger) as theirs, socket(guest) as nobodys:
        await mine.start("order", ORDER, id=order["id"])
        first = (await mine.next("order"))["orderUpdated"]
        assert (first["number"], first["status"], first["tickets"]) == (
            order["number"],
            "PENDING_PAYMENT",
            [],
        )
        for watcher in (theirs, nobodys):
            await watcher.start("order", ORDER, id=order["id"])
            await refused(watcher, "order")
        assert (await ana.pay(order))["errors"] == []
        told = await follow(mine, "order")
        assert len(told[-1]["tickets"]) == 2
        for watcher in (theirs, nobodys):
            assert await watcher.settle() == []


async def test_a_guest_follows_an_order_by_its_access_token(guest: Client) -> None:
    showtime = (await showtimes(guest, 15))[-1]["id"]
    hold = await guest.hold(showtime, await guest.best(showtime, 1))
    order = await guest.order(hold, email="guest.follows@example.com")
    async with socket(guest) as watcher:
        await watcher.start("order", ORDER, id=order["id"], token=order["accessToken"])
        first = (await watcher.next("order"))["orderUpdated"]
        assert first["status"] == "PENDING_PAYMENT"
        await watcher.start("wrong", ORDER, id=order["id"], token="no-such-token")
        await refused(watcher, "wrong")
        assert (await guest.pay(order))["errors"] == []
        assert len((await follow(watcher, "order"))[-1]["tickets"]) == 1


async def refused(watcher: Socket, operation: str) -> None:
    """This operation answers errors, no data, and is over."""
    message = await watcher.message(operation)
    if message["type"] == "next":
        assert message["payload"].get("data") is None
        assert message["payload"]["errors"]
        message = await watcher.message(operation)
        assert message["type"] == "complete"
    else:
        assert message["type"] == "error", message
        assert message["payload"]


async def test_notifications_come_to_their_owner_only(guest: Client) -> None:
    carla = await guest.register("carla.hears@example.com")
    other = await guest.register("other.hears@example.com")
    showtime = (await showtimes(carla, 16))[-1]["id"]
    async with socket(carla) as hers, socket(other) as theirs, socket(guest) as nobodys:
        await hers.start("news", RECEIVED)
        await theirs.start("news", RECEIVED)
        await nobodys.start("news", RECEIVED)
        await refused(nobodys, "news")
        await hers.settle()  # the subscription is at least on its way before the purchase
        order = await carla.order(await carla.hold(showtime, await carla.best(showtime, 1)))
        assert (await carla.pay(order))["errors"] == []
        kinds: list[str] = []
        while "ORDER_CONFIRMED" not in kinds:
            kinds.append((await hers.next("news"))["notificationReceived"]["kind"])
        assert not [kept for kept in await theirs.settle() if "ORDER_CONFIRMED" in str(kept)]


async def test_a_syntax_error_ends_its_operation_and_not_the_socket(guest: Client) -> None:
    showtime = (await showtimes(guest, 17))[-1]["id"]
    async with socket(guest) as watcher:
        await watcher.start("broken", "subscription { seatMapChanged(")
        message = await watcher.message("broken")
        assert message["type"] == "error"
        assert "Syntax Error" in message["payload"][0]["message"]
        await watcher.start("unknown", "subscription { nothingOfTheKind }")
        assert (await watcher.message("unknown"))["type"] == "error"
        await watcher.start("map", SEATS, id=showtime)
        assert (await watcher.next("map"))["seatMapChanged"]["seats"]
        await watcher.start("question", "{ cinemas(first: 1) { nodes { name } } }")
        assert (await watcher.next("question"))["cinemas"]["nodes"]
        assert (await watcher.message("question"))["type"] == "complete"
