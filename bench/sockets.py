"""Many people watch one showtime's seats over WebSocket, each on a socket of their own.

Measures what a socket costs in memory, what a delivery costs in CPU, and how long after the hold was asked
for the last of them knew. Of the production layout the routers are measured; the sockets go through nginx.
The clients here read frames and do nothing else, so that they are fast enough.
"""

from __future__ import annotations

import asyncio
import base64
import os
import resource
import time
from collections.abc import Mapping
from typing import Any, Final, cast

import orjson

from bench.client import Client, Refused, client_of
from bench.cpu import cpu_seconds
from bench.figures import milliseconds, percentile, table
from bench.layouts import EMBEDDED, Cinema, Layout, load
from bench.process import memory_mib

SUBSCRIBE: Final = (
    "subscription ($id: ID!) { seatMapChanged(showtimeId: $id) { version seats { id status } } }"
)
HOLD: Final = """mutation ($input: HoldSeatsInput!) { holdSeats(input: $input) {
  hold { id token } errors { code message } } }"""
RELEASE: Final = """mutation ($input: ReleaseHoldInput!) { releaseHold(input: $input) {
  errors { code message } } }"""
BEST: Final = "query ($id: ID!) { showtime(id: $id) { bestAvailable(count: 2) { id } } }"
CONNECTING_AT_ONCE: Final = 200
SOCKETS_PER_ADDRESS: Final = 150
"""nginx allows one client address 200 sockets, and the kernel has some 28,000 ports for outgoing ones."""
WARMING: Final = 100
REPLICAS: Final = ("router-1", "router-2")
_HEAD: Final = (
    "sockets",
    "of them new, by router",
    "KiB a socket",
    "CPU µs a delivery",
    "p50 ms",
    "p99 ms",
    "last client, median",
    "worst",
)
DELIVERY_SECONDS: Final = 60.0


class Watcher(asyncio.Protocol):
    """One socket: shakes hands, subscribes, and counts what comes."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's own class
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: {self._room.host}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._open:
            head, separator, rest = self._data.partition(b"\r\n\r\n")
            if not separator:
                return
            if b" 101 " not in head[:20]:
                self._room.fail(head.decode(errors="replace"))
                return
            self._open, self._data = True, rest
            self._send({"type": "connection_init"})
        while (frame := self._frame()) is not None:
            self._take(frame)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._room.closing:
            self._room.fail(f"a socket was closed: {error!r}")

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        length, begin = data[1] & 0x7F, 2
        if length == 126:
            length, begin = int.from_bytes(data[2:4], "big"), 4
        elif length == 127:
            length, begin = int.from_bytes(data[2:10], "big"), 10
        if len(data) < begin + length:
            return None
        self._data = data[begin + length :]
        return data[0] & 0x0F, data[begin : begin + length]

    def _take(self, frame: tuple[int, bytes]) -> None:
        opcode, payload = frame
        if opcode == 9:
            self._write(0x8A, payload)
        elif opcode == 8:
            self._room.fail(f"a socket was closed: {payload!r}")
        elif b'"next"' in payload:
            self._room.delivered(self)
        elif b'"connection_ack"' in payload:
            subscribe = {"query": SUBSCRIBE, "variables": {"id": self._room.showtime}}
            self._send({"id": "1", "type": "subscribe", "payload": subscribe})
        elif b'"ping"' in payload:
            self._send({"type": "pong"})
        elif b'"error"' in payload:
            self._room.fail(payload.decode(errors="replace"))

    def _send(self, message: dict[str, Any]) -> None:
        self._write(0x81, orjson.dumps(message))

    def _write(self, first: int, payload: bytes) -> None:
        """A frame whose mask is zero: the payload as it is."""
        assert self._transport is not None
        if len(payload) < 126:
            head = bytes([first, 0x80 | len(payload)])
        else:
            head = bytes([first, 0x80 | 126]) + len(payload).to_bytes(2, "big")
        self._transport.write(head + b"\0\0\0\0" + payload)


class Room:
    """All watchers of one showtime."""

    def __init__(self, host: str, showtime: str) -> None:
        self.host = host
        self.showtime = showtime
        self.closing = False
        self.hold: dict[str, Any] = {}
        self._watchers: list[Watcher] = []
        self._waiting: set[Watcher] = set()
        self._seconds: list[float] = []
        self._began = 0.0
        self._all = asyncio.Event()
        self._failure: str | None = None

    async def fill(self, count: int) -> None:
        """Open that many sockets; each is open once it has the seats as they are."""
        loop = asyncio.get_running_loop()
        name, _, port = self.host.rpartition(":")
        while len(self._watchers) < count:
            many = min(CONNECTING_AT_ONCE, count - len(self._watchers))
            new = [Watcher(self) for _ in range(many)]
            self.expect(new)
            await asyncio.gather(
                *(
                    loop.create_connection(
                        lambda each=each: each,  # type: ignore[misc]
                        name,
                        int(port),
                        local_addr=(f"127.0.0.{1 + (len(self._watchers) + index) // SOCKETS_PER_ADDRESS}", 0),
                    )
                    for index, each in enumerate(new)
                )
            )
            self._watchers += new
            await self.deliveries()

    def expect(self, watchers: list[Watcher] | None = None) -> None:
        """From now on, wait for the next delivery to each."""
        self._waiting = set(self._watchers if watchers is None else watchers)
        self._seconds = []
        self._began = time.perf_counter()
        self._all.clear()

    async def deliveries(self) -> list[float]:
        """The seconds that each watcher waited, once all have received the change. Raises `Refused`."""
        try:
            async with asyncio.timeout(DELIVERY_SECONDS):
                await self._all.wait()
        except TimeoutError:
            raise Refused(f"{len(self._waiting)} sockets did not receive the change") from None
        if self._failure is not None:
            raise Refused(self._failure)
        return self._seconds

    def delivered(self, watcher: Watcher) -> None:
        """A watcher received the change."""
        if watcher in self._waiting:
            self._waiting.discard(watcher)
            self._seconds.append(time.perf_counter() - self._began)
            if not self._waiting:
                self._all.set()

    def fail(self, why: str) -> None:
        """A watcher failed: `deliveries` raises its error."""
        self._failure = self._failure or why
        self._all.set()

    def close(self) -> None:
        """Close every socket."""
        self.closing = True
        for watcher in self._watchers:
            watcher.close()


async def measure(layout: Layout, count: int, changes: int) -> str:
    """A table of the cost of a socket and of a delivery. Raises `Refused`, `ServerFailed`."""
    _allow_open_files(count + 1000)
    return await load(layout, lambda cinema: _measure(cinema, count, changes))


async def _measure(cinema: Cinema, count: int, changes: int) -> str:
    routers = {name: pid for name, pid in cinema.pids.items() if name in (EMBEDDED, *REPLICAS)}
    await cinema.settled()
    async with client_of(cinema.url, 4) as client:
        listed = await client.ask("{ showtimes(first: 30) { nodes { id } } }")
        room = Room(cinema.url.removeprefix("http://"), listed["showtimes"]["nodes"][-1]["id"])
        await room.fill(WARMING)  # what the first socket needs is not counted to each
        files = _open_files(routers)
        before = sum(map(memory_mib, routers.values()))
        await room.fill(WARMING + count)
        memory = (sum(map(memory_mib, routers.values())) - before) * 1024 / count
        shares = [now - then for then, now in zip(files, _open_files(routers), strict=True)]
        cpu = sum(cpu_seconds(routers).values())
        seconds: list[float] = []
        last: list[float] = []
        for _ in range(changes):
            for told in (await _hold(client, room), await _release(client, room)):
                seconds += told
                last.append(max(told))
        cpu = sum(cpu_seconds(routers).values()) - cpu
        room.close()
    row = (
        f"{WARMING + count:,}",
        " + ".join(f"{share:,}" for share in shares),
        f"{memory:.1f}",
        f"{cpu / (2 * changes * (WARMING + count)) * 1e6:.1f}",
        milliseconds(percentile(seconds, 0.5)),
        milliseconds(percentile(seconds, 0.99)),
        milliseconds(percentile(last, 0.5)),
        milliseconds(max(last)),
    )
    return table(_HEAD, [row])


def _open_files(processes: Mapping[str, int]) -> list[int]:
    """How many each has; a socket is one."""
    return [len(os.listdir(f"/proc/{pid}/fd")) for pid in processes.values()]


async def _hold(client: Client, room: Room) -> list[float]:
    best = await client.ask(BEST, id=room.showtime)
    seats = [seat["id"] for seat in best["showtime"]["bestAvailable"]]
    room.expect()
    held = await client.ask(HOLD, input={"showtimeId": room.showtime, "seatIds": seats})
    if held["holdSeats"]["errors"]:
        raise Refused(str(held))
    room.hold = held["holdSeats"]["hold"]
    return await room.deliveries()


async def _release(client: Client, room: Room) -> list[float]:
    room.expect()
    released = await client.ask(RELEASE, input={"holdToken": room.hold["token"]})
    if released["releaseHold"]["errors"]:
        raise Refused(str(released))
    return await room.deliveries()


def _allow_open_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
