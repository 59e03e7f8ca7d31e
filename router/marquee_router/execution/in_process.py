"""`InProcessTransport`: calls a subgraph that is an ASGI app in this process, without a socket.

Each call runs in a task of its own, so that context variables which the app sets stay with the call.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.graphql_transport_ws import SUBPROTOCOL, subscribe_over
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.execution.uploads import MultipartBody

Message: TypeAlias = MutableMapping[str, Any]
AsgiApp: TypeAlias = Callable[
    [MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]

JSON = b"application/json"
_BUFFERED_EVENTS = 64


class InProcessTransport:
    """Implements `SubgraphTransport` for one ASGI app. The app's owner runs its lifespan."""

    def __init__(
        self,
        app: AsgiApp,
        *,
        path: str = "/graphql",
        host: str = "in-process",
        acknowledge_timeout_seconds: float = 10.0,
        max_body_bytes: int = 64 * 1024 * 1024,
    ) -> None:
        self._app = app
        self._path = path
        self._host = host
        self._acknowledge_timeout_seconds = acknowledge_timeout_seconds
        self._max_body_bytes = max_body_bytes

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request through the app's `http` scope."""
        scope = self._scope("http", headers)
        scope["method"] = "POST"
        scope["headers"] += [
            (b"content-type", body.content_type.encode() if isinstance(body, MultipartBody) else JSON),
            (b"content-length", str(len(body)).encode()),
            (b"accept", b"application/graphql-response+json, application/json"),
        ]
        call = _HttpCall(body, self._max_body_bytes)
        task = asyncio.ensure_future(self._app(scope, call.receive, call.send))
        try:
            async with asyncio.timeout(timeout_seconds):
                await task
        except TimeoutError:
            raise SubgraphTimeout(f"no answer within {timeout_seconds:g} s") from None
        except SubgraphUnavailable:
            raise
        except Exception as error:
            # An exception of the app is a failure of the subgraph, not of the router.
            if not call.complete:
                raise SubgraphUnavailable(f"the app raised {error!r}") from error
        return call.reply()

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """Subscribe through the app's `websocket` scope, in `graphql-transport-ws`."""
        scope = self._scope("websocket", headers)
        scope["subprotocols"] = [SUBPROTOCOL]
        socket = _AppSocket()
        task = asyncio.ensure_future(self._app(scope, socket.app_receive, socket.app_send))
        task.add_done_callback(socket.app_ended)
        events = subscribe_over(socket, body, self._acknowledge_timeout_seconds)
        try:
            async for event in events:
                yield event
        finally:
            await events.aclose()
            socket.disconnect()
            await _ended(task)

    async def aclose(self) -> None:
        """Nothing is pooled."""

    def _scope(self, kind: str, headers: Mapping[str, str]) -> dict[str, Any]:
        return {
            "type": kind,
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": "ws" if kind == "websocket" else "http",
            "path": self._path,
            "raw_path": self._path.encode(),
            "query_string": b"",
            "root_path": "",
            "client": ("127.0.0.1", 0),
            "server": (self._host, 80),
            "headers": [
                (b"host", self._host.encode()),
                *((name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()),
            ],
            "state": {},
        }


class _HttpCall:
    """One request and its response, as the app sees them."""

    def __init__(self, body: bytes, max_body_bytes: int) -> None:
        self._body = body
        self._max_body_bytes = max_body_bytes
        self._sent = False
        self._status = 0
        self._headers: dict[str, str] = {}
        self._chunks: list[bytes] = []
        self._size = 0
        self.complete = False

    async def receive(self) -> Message:
        if not self._sent:
            self._sent = True
            return {"type": "http.request", "body": self._body, "more_body": False}
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable: the future is never done")

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {
                bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1")
                for name, value in message.get("headers", ())
            }
        elif message["type"] == "http.response.body":
            chunk = message.get("body", b"")
            self._size += len(chunk)
            if self._size > self._max_body_bytes:
                raise SubgraphReplyInvalid("the answer is too large", retryable=False)
            self._chunks.append(chunk)
            self.complete = not message.get("more_body", False)

    def reply(self) -> SubgraphReply:
        if not self.complete:
            raise SubgraphUnavailable("the app ended without an answer")
        content_type = self._headers.get("content-type", "")
        return SubgraphReply(self._status, content_type, b"".join(self._chunks), self._headers)


class _AppSocket:
    """Both ends of a web socket to an app: the app's receive and send, and the client's."""

    def __init__(self) -> None:
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._to_client: asyncio.Queue[str | None] = asyncio.Queue()
        # An app that sends faster than its events are read has to wait, as it would for a real socket.
        self._room = asyncio.Semaphore(_BUFFERED_EVENTS)
        self._closed = False
        self._to_app.put_nowait({"type": "websocket.connect"})

    async def app_receive(self) -> Message:
        return await self._to_app.get()

    async def app_send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            text = message.get("text")
            await self._pass(text if text is not None else bytes(message["bytes"]).decode())
        elif message["type"] == "websocket.close":
            await self._pass(None)

    async def _pass(self, text: str | None) -> None:
        if not self._closed:
            await self._room.acquire()
            self._to_client.put_nowait(text)

    def app_ended(self, task: asyncio.Future[None]) -> None:
        """Let a client that waits for an event learn that the app has ended."""
        if not task.cancelled():
            task.exception()
        self._to_client.put_nowait(None)

    def disconnect(self) -> None:
        """Let the app learn that the client has left: its sends no longer wait, its receive gets a
        disconnect."""
        self._closed = True
        for _ in range(_BUFFERED_EVENTS):
            self._room.release()
        self._to_app.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def send(self, text: str) -> None:
        self._to_app.put_nowait({"type": "websocket.receive", "text": text})

    async def receive(self) -> str:
        text = await self._to_client.get()
        self._room.release()
        if text is None:
            raise SubgraphUnavailable("the app closed the socket")
        return text


async def _ended(task: asyncio.Future[None], grace_seconds: float = 1.0) -> None:
    """Wait `grace_seconds` for the app to act on the disconnect, then cancel it."""
    done, _ = await asyncio.wait({task}, timeout=grace_seconds)
    if not done:
        task.cancel()
        await asyncio.wait({task})
