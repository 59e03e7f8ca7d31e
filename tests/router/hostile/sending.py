"""A raw HTTP/1.1 client: sends bytes as they are, reads what comes back, connects again when it must."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

ANSWER_SECONDS: Final = 20.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `status` is 0 when the connection was closed without an answer."""

    status: int
    head: bytes = b""
    body: bytes = b""


class Silence(Exception):
    """No answer in time."""


class Wire:
    """One connection at a time to one address."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection, if there is one."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None

    async def exchange(self, raw: bytes, seconds: float = ANSWER_SECONDS) -> Reply:
        """Send one request, return its answer. Raises `Silence` when there is none in time."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        try:
            async with asyncio.timeout(seconds):
                writer.write(raw)
                reply = await _read(reader)
        except TimeoutError:
            self.close()
            raise Silence from None
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            return Reply(0)
        if b"\r\nconnection: close" in reply.head.lower() or reply.status in (400, 408, 413):
            self.close()
        return reply


async def _read(reader: asyncio.StreamReader) -> Reply:
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    if status == 100:
        return await _read(reader)
    found = _LENGTH.search(head)
    if found is not None and status not in (204, 304):
        return Reply(status, head, await reader.readexactly(int(found[1])))
    if b"transfer-encoding: chunked" in head.lower():
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return Reply(status, head, body)
    return Reply(status, head)
