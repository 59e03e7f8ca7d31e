"""The way out of one socket: at once where the server can, in order and bounded where it has to wait."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from marquee_router.transport.websocket.send_queue import SendQueue


class Server:
    """Both ways out of a server, and what went which way; each is open or not."""

    def __init__(self) -> None:
        self.takes_directly = True
        self.sendable = asyncio.Event()
        self.went: list[tuple[str, str]] = []
        self.is_cut = False

    def write_text(self, message: bytes) -> bool:
        if self.takes_directly:
            self.went.append(("written", message.decode()))
        return self.takes_directly

    def abort(self) -> None:
        self.is_cut = True

    async def send(self, message: MutableMapping[str, Any]) -> None:
        await self.sendable.wait()
        self.went.append(("sent", message["text"]))


def outbox(server: Server, dropped: list[int], *, limit: int = 2) -> SendQueue:
    """One that drops its oldest message, and tells so."""

    def drop(full: SendQueue) -> None:
        dropped.append(1)
        full.drop_oldest()

    return SendQueue(server.send, limit=limit, on_overflow=drop, direct=server)


async def test_a_message_is_written_at_once_and_no_task_is_made() -> None:
    server = Server()
    before = len(asyncio.all_tasks())
    outbox(server, []).push("é".encode())
    assert server.went == [("written", "é")]
    assert len(asyncio.all_tasks()) == before


async def test_what_waits_is_never_overtaken_and_only_so_much_waits() -> None:
    server, dropped = Server(), list[int]()
    box = outbox(server, dropped)
    server.takes_directly = False
    box.push(b"1")
    server.takes_directly = True  # too late: the first one waits already
    for number in range(2, 6):
        box.push(b"%d" % number)
    assert (server.went, len(dropped)) == ([], 2)
    server.sendable.set()
    assert box._task is not None
    await box._task
    assert server.went == [("sent", "1"), ("sent", "4"), ("sent", "5")]
    box.push(b"6")
    assert server.went[-1] == ("written", "6")


@pytest.mark.parametrize("directly", [True, False])
async def test_a_closed_one_sends_nothing(directly: bool) -> None:
    server = Server()
    server.takes_directly = directly
    server.sendable.set()
    box = outbox(server, [])
    box.close()
    box.push(b"1")
    await asyncio.sleep(0)
    assert server.went == []
