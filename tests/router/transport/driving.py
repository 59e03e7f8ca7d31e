"""Drives an app through its ASGI interface: one HTTP request, one stream, one socket."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from marquee_router import RouterApp


@dataclass(frozen=True, slots=True)
class Answer:
    """What an app answered to one HTTP request."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return orjson.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the first error."""
        return str(self.json["errors"][0]["extensions"]["code"])


async def call(
    app: RouterApp,
    method: str = "POST",
    path: str = "/graphql",
    *,
    query_string: str = "",
    headers: Mapping[str, str] | None = None,
    body: bytes | Sequence[bytes] = b"",
) -> Answer:
    """One HTTP request against the ASGI interface."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    messages = [
        {"type": "http.request", "body": piece, "more_body": index + 1 < len(pieces)}
        for index, piece in enumerate(pieces)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    scope = http_scope(method, path, query_string, headers)
    await app(scope, receive, send)
    return Answer(
        sent[0]["status"],
        {name.decode(): value.decode() for name, value in sent[0]["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


async def post(
    app: RouterApp,
    query: str | None,
    variables: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Answer:
    """One GraphQL request by POST."""
    value: dict[str, Any] = dict(parameters)
    if query is not None:
        value["query"] = query
    if variables is not None:
        value["variables"] = variables
    return await call(
        app, headers={"content-type": "application/json", **(headers or {})}, body=orjson.dumps(value)
    )


class Stream:
    """One HTTP request whose answer does not end by itself."""

    def __init__(self, app: RouterApp, scope: dict[str, Any], body: bytes) -> None:
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._inbox.put_nowait({"type": "http.request", "body": body, "more_body": False})
        self.task = asyncio.create_task(self._run(app, scope))

    async def _run(self, app: RouterApp, scope: dict[str, Any]) -> None:
        async def send(message: Any) -> None:
            await self._outbox.put(message)

        await app(scope, self._inbox.get, send)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers."""
        message = await self._outbox.get()
        return message["status"], {name.decode(): value.decode() for name, value in message["headers"]}

    async def piece(self) -> bytes:
        """The next piece of the body."""
        return bytes((await self._outbox.get())["body"])

    async def rest(self) -> bytes:
        """Everything up to the end."""
        pieces: list[bytes] = []
        while True:
            message = await self._outbox.get()
            pieces.append(message.get("body", b""))
            if not message.get("more_body", False):
                return b"".join(pieces)

    async def leave(self) -> None:
        """The client closes the connection."""
        self._inbox.put_nowait({"type": "http.disconnect"})
        await self.task


def http_scope(
    method: str, path: str, query_string: str, headers: Mapping[str, str] | None
) -> dict[str, Any]:
    """The scope of one HTTP request."""
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query_string.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        "client": ("127.0.0.1", 1234),
        "server": ("127.0.0.1", 80),
    }


def stream(
    app: RouterApp,
    value: Any = None,
    *,
    method: str = "POST",
    query_string: str = "",
    headers: Mapping[str, str] | None = None,
) -> Stream:
    """Begin a request whose answer is a stream."""
    all_headers = {"content-type": "application/json", **(headers or {})}
    body = b"" if value is None else orjson.dumps(value)
    return Stream(app, http_scope(method, "/graphql", query_string, all_headers), body)


class Socket:
    """One WebSocket as a client sees it. `slow` makes the server's sends wait until `resume`."""

    def __init__(
        self, app: RouterApp, protocols: Sequence[str], headers: Mapping[str, str] | None = None
    ) -> None:
        self._inbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._writable = asyncio.Event()
        self._writable.set()
        scope = {
            "type": "websocket",
            "asgi": {"version": "3.0"},
            "scheme": "ws",
            "path": "/graphql",
            "root_path": "",
            "query_string": b"",
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
            "subprotocols": list(protocols),
            "client": ("127.0.0.1", 1234),
        }
        self._inbox.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self._inbox.get, self._send))

    async def _send(self, message: Any) -> None:
        await self._writable.wait()
        self._outbox.put_nowait(message)

    async def accepted(self) -> str | None:
        """Wait for the handshake; the chosen subprotocol."""
        message = await self._outbox.get()
        assert message["type"] == "websocket.accept"
        subprotocol: str | None = message.get("subprotocol")
        return subprotocol

    async def refused(self) -> Any:
        """The message that refuses the handshake."""
        message = await self._outbox.get()
        assert message["type"] == "websocket.close"
        await self.task
        return message

    def send(self, value: Any) -> None:
        """Send one JSON message."""
        self.send_text(orjson.dumps(value).decode())

    def send_text(self, text: str) -> None:
        """Send one text message."""
        self._inbox.put_nowait({"type": "websocket.receive", "text": text})

    async def receive(self) -> Any:
        """The next message, decoded."""
        message = await self._outbox.get()
        assert message["type"] == "websocket.send", message
        return orjson.loads(message["text"])

    async def closed(self) -> tuple[int, str]:
        """Wait until the server closes; the code and the reason. Messages before it are dropped."""
        while (message := await self._outbox.get())["type"] != "websocket.close":
            pass
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": message["code"]})
        await self.task
        return message["code"], message["reason"]

    async def leave(self) -> None:
        """The client closes."""
        self._inbox.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await self.task

    def block(self) -> None:
        """The client reads nothing any more."""
        self._writable.clear()

    def resume(self) -> None:
        """The client reads again."""
        self._writable.set()

    async def ready(self, payload: Any = None) -> None:
        """Handshake and initialisation."""
        await self.accepted()
        self.send({"type": "connection_init", "payload": payload} if payload else {"type": "connection_init"})
        assert (await self.receive())["type"] == "connection_ack"
