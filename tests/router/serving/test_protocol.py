"""What the front answers itself is, byte for byte, what the app answers behind uvicorn."""

from __future__ import annotations

import asyncio
import gzip
import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee_router.message_heads import KnownHead
from marquee_router.request import GraphQLRequest, RequestContext, Response
from marquee_router.serving import drain
from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.listener import listen
from marquee_router.serving.request_heads import BoundedHeads
from marquee_router.serving.server_config import server_config
from marquee_router.transport.http import unread_body
from marquee_router.transport.http.response import HttpResponse
from tests import npm
from tests.eventually import eventually
from tests.router.security.issuing import issuing
from tests.router.transport.fake import FakeEngine, Prepared, fake_app

CLIENTS = Path(__file__).parents[1] / "transport" / "clients"
ISSUER = issuing()
SETTINGS: dict[str, Any] = {
    **ISSUER.settings(),
    "http": {"max_body_bytes": 2_000},
    "rate_limits": {"operations": {"Limited": {"limit": 1, "seconds": 3600}}},
}
LAST = b"GET /nowhere HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n"
"""Asked after each request: answered, it ends the connection."""
PER_ANSWER = re.compile(rb"(date|retry-after): [^\r]*\r\n")
LENGTH = re.compile(rb"content-length: (\d+)")
CLOSE = (b"connection", b"close")
HELLO = {"query": "{ hello }"}
PACKED = gzip.compress(orjson.dumps(HELLO), mtime=0)


@pytest.fixture(autouse=True)
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers end at once, except in tests of their end."""
    monkeypatch.setattr(drain, "_LAST_ANSWERS_SECONDS", 0.0)
    monkeypatch.setattr(unread_body, "LINGER_SECONDS", 0.01)


@dataclass(slots=True)
class Serving:
    """One app behind a server, and how many requests its front took."""

    server: DrainingServer
    port: int
    fronted: int = 0

    async def say(self, *pieces: bytes) -> bytes:
        """Everything that is answered until the server closes the connection, without what time it is."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.timeout(30):
                for piece in pieces:
                    writer.write(piece)
                    await writer.drain()
                    for _ in range(5):
                        await asyncio.sleep(0)
                return PER_ANSWER.sub(rb"\1\r\n", await reader.read())
        finally:
            writer.close()

    async def say_in_turn(self, *requests: bytes) -> list[bytes]:
        """The answer to each request, read before the next is sent, and then what comes until the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        answers: list[bytes] = []
        try:
            async with asyncio.timeout(30):
                for each in requests:
                    writer.write(each)
                    head = await reader.readuntil(b"\r\n\r\n")
                    length = int(LENGTH.findall(head)[0])
                    answers.append(head + await reader.readexactly(length))
                writer.write(LAST)
                answers.append(await reader.read())
        finally:
            writer.close()
        return [PER_ANSWER.sub(rb"\1\r\n", answer) for answer in answers]


@asynccontextmanager
async def serving(
    *,
    fronted: bool,
    settings: Mapping[str, Any] | None = None,
    engine: FakeEngine | None = None,
    **server: Any,
) -> AsyncIterator[Serving]:
    """A router as it is served in production; without `fronted` the server does not know that it is one."""
    app, _ = fake_app(settings or SETTINGS, extras=ISSUER.extras(), engine=engine)

    async def behind(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)

    shown: ASGIApp = app if fronted else behind
    config = server_config(shown, **server)
    started = asyncio.Event()
    with listen("127.0.0.1", 0) as listener:
        served = Serving(DrainingServer(config, after_start=started.set), listener.getsockname()[1])
        if app.front is not None:
            answer = app.front.answer

            async def counted(*request: Any) -> HttpResponse:
                served.fronted += 1
                return await answer(*request)

            app.front.answer = counted
        running = asyncio.create_task(served.server._serve([listener]))
        await started.wait()
        try:
            yield served
        finally:
            served.server.should_exit = True
            await running


def request(
    value: Any = HELLO,
    *headers: str,
    method: str = "POST",
    target: str = "/graphql",
    version: str = "1.1",
    content_type: str | None = "application/json",
    length: int | None = None,
) -> bytes:
    """A request as bytes; `value` is its body, or becomes it as JSON."""
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    lines = [f"{method} {target} HTTP/{version}", "Host: here", *headers]
    if content_type is not None:
        lines.append(f"Content-Type: {content_type}")
    if length != -1:
        lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def bearer(**claims: Any) -> str:
    return f"Authorization: Bearer {ISSUER.token('ada', **claims)}"


PLAIN: dict[str, bytes] = {
    "a query": request(),
    "variables": request({"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": "Ada"}}),
    "a mutation": request({"query": "mutation { add(value: 1) }"}),
    "the response type": request(HELLO, "Accept: application/graphql-response+json"),
    "names in capitals": request(HELLO, "ACCEPT: APPLICATION/JSON"),
    "a repeated header": request(HELLO, "Accept: text/plain", "Accept: application/json"),
    "a charset": request(content_type="application/json; charset=utf-8"),
    "another charset": request(content_type="application/json; charset=latin-1"),
    "nearly JSON": request(content_type="application/jsonx"),
    "no JSON": request(b"{"),
    "no body": request(b""),
    "no query": request({}),
    "no object": request(b'"text"'),
    "no document": request({"query": "{"}),
    "no document, the response type": request({"query": "{"}, "Accept: application/graphql-response+json"),
    "no such field": request({"query": "{ nothing }"}),
    "a wrong variable": request(
        {"query": "query ($n: Int!) { big(size: $n) }", "variables": {"n": "x"}},
        "Accept: application/graphql-response+json",
    ),
    "a field error": request({"query": "{ fail hello }"}),
    "a fault": request({"query": "{ fault }"}),
    "a subscription": request({"query": "subscription { count(to: 1) }"}),
    "a batch": request([HELLO, {"query": "{"}, HELLO]),
    "an empty batch": request([]),
    "an identity": request(HELLO, bearer()),
    "a forged identity": request(HELLO, bearer()[:-8] + "AAAAAAAA"),
    "an expired identity": request(HELLO, bearer(exp=time.time() - 3600)),
    "gzip": request({"query": "{ big(size: 100) }"}, "Accept-Encoding: gzip"),
    "brotli": request({"query": "{ big(size: 100) }"}, "Accept-Encoding: gzip, br"),
    "packed off the loop": request({"query": "{ big(size: 9000) }"}, "Accept-Encoding: gzip"),
    "too small to pack": request(HELLO, "Accept-Encoding: gzip"),
    "a large answer": request({"query": "{ big(size: 20000) }"}),
    "the last of its connection": request(HELLO, "Connection: close"),
    "rates": request({"query": "query Limited { hello }"}) * 2,
    "several at once": request() + request({"query": "mutation { add(value: 2) }"}) + request({"query": "{"}),
    "large ones at once": request({"query": "{ big(size: 9000) }"}) * 4,
    "other headers each time": b"".join(
        request(HELLO, *headers)
        for headers in ((), (bearer(),), (bearer()[:-8] + "AAAAAAAA",), (), ("Expect: 100-continue",), ())
    ),
    "an origin": request(HELLO, "Origin: https://elsewhere.test"),
    "a proxy that nobody trusts": request(HELLO, "X-Forwarded-For: 203.0.113.9"),
}
OTHERS: dict[str, bytes] = {
    "GET": request(b"", method="GET", target="/graphql?query=%7Bhello%7D", content_type=None),
    "HEAD": request(b"", method="HEAD", target="/graphql", content_type=None),
    "DELETE": request(b"", method="DELETE", content_type=None),
    "a preflight": request(
        b"",
        "Origin: https://elsewhere.test",
        "Access-Control-Request-Method: POST",
        method="OPTIONS",
        content_type=None,
    ),
    "a form across origins": request(content_type="text/plain"),
    "no content type": request(content_type=None),
    "another content type": request(content_type="application/xml"),
    "an upload": request(b"--x--", content_type="multipart/form-data; boundary=x"),
    "a type that is not spoken": request(HELLO, "Accept: image/png"),
    "events": request({"query": "subscription { count(to: 2) }"}, "Accept: text/event-stream"),
    "an event stream's token": request(HELLO, "X-GraphQL-Event-Stream-Token: none"),
    "too large": request(b" " * 2_001),
    "far too large": request(b"", length=99_999_999),
    "HTTP/1.0": request(version="1.0"),
    "HTTP/1.0, kept alive": request(HELLO, "Connection: keep-alive", version="1.0"),
    "in chunks": request(
        b"%x\r\n%s\r\n0\r\n\r\n" % (len(orjson.dumps(HELLO)), orjson.dumps(HELLO)),
        "Transfer-Encoding: chunked",
        length=-1,
    ),
    "expecting 100": request(HELLO, "Expect: 100-continue"),
    "an upgrade": request(HELLO, "Upgrade: h2c"),
    "a packed body": request(PACKED, "Content-Encoding: gzip"),
    "an unknown coding": request(HELLO, "Content-Encoding: zstd"),
    "a query string": request(target="/graphql?x=1"),
    "an encoded path": request(target="/%67raphql"),
    "another path": request(target="/health"),
    "no HTTP": b"POST\r\n\r\n",
    "two lengths": request(HELLO, "Content-Length: 3"),
}


async def test_the_front_answers_as_the_app_does() -> None:
    async with serving(fronted=True) as front, serving(fronted=False) as alone:
        for name, said in (PLAIN | OTHERS).items():
            front.fronted = 0
            seen, expected = await front.say(said + LAST), await alone.say(said + LAST)
            assert (name, seen) == (name, expected)
            assert seen.startswith(b"HTTP/1.1 "), name
            assert (front.fronted > 0) is (name in PLAIN), name
    assert alone.fronted == 0


async def test_a_request_in_pieces_is_answered_alike() -> None:
    whole = request()
    async with serving(fronted=True) as front, serving(fronted=False) as alone:
        for cut in (10, 60, len(whole) - len(orjson.dumps(HELLO)), len(whole) - 3):
            pieces = (whole + whole[:cut], whole[cut:] + LAST)
            assert await front.say(*pieces) == await alone.say(*pieces)
    assert front.fronted >= 4


HELLO_ADA = request({"query": "query ($n: String!) { hello(name: $n) }", "variables": {"n": "Ada"}})
IN_TURN: dict[str, tuple[bytes, ...]] = {
    "the same": (request(),) * 3,
    "other bodies": (
        request(),
        HELLO_ADA,
        request(b"{"),
        request(b""),
        request({"query": "{ big(size: 999) }"}),
    ),
    "too large": (request(), request(b" " * 2_001)),
    "somebody else": (request(HELLO, bearer()), request(HELLO, bearer()[:-8] + "AAAAAAAA"), request()),
    "other ways": (
        request(),
        OTHERS["GET"],
        request(),
        OTHERS["in chunks"],
        request(),
        OTHERS["another path"],
    ),
    "an upgrade": (request(), OTHERS["an upgrade"], OTHERS["an upgrade"], request()),
    "the last": (request(), request(HELLO, "Connection: close")),
    "no HTTP": (request(), request() + b"\r\n\r\n\r\nPOST\r\n\r\n"),
    "an empty line before": (request(), b"\r\n" + request(), b"\r\n" + HELLO_ADA, request()),
}
"""Each is said when the one before is answered."""


async def test_what_is_said_in_turn_is_answered_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[bool] = []
    read = KnownHead.read

    def watched(head: KnownHead, data: bytes) -> tuple[bytes, bytes] | None:
        found = read(head, data)
        known.append(found is not None)
        return found

    monkeypatch.setattr(KnownHead, "read", watched)
    async with serving(fronted=True) as front, serving(fronted=False) as alone:
        for name, said in IN_TURN.items():
            assert (name, await front.say_in_turn(*said)) == (name, await alone.say_in_turn(*said))
    assert known.count(True) >= 8
    assert known.count(False) >= 8


async def test_the_rest_of_a_known_request_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    received = asyncio.Event()
    receive = BoundedHeads.data_received

    def noted(connection: BoundedHeads, data: bytes) -> None:
        receive(connection, data)
        received.set()

    monkeypatch.setattr(BoundedHeads, "data_received", noted)
    for cut in (10, len(HELLO_ADA) - 40, len(HELLO_ADA) - 3):
        async with serving(fronted=True) as front, serving(fronted=False) as alone:
            for served in (front, alone):
                reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
                for piece in (request(), HELLO_ADA[:cut], HELLO_ADA[cut:] + request(), request()):
                    received.clear()
                    writer.write(piece)
                    await received.wait()
                writer.write(LAST)
                assert (await reader.read()).count(b'{"data":{"hello"') == 4
                writer.close()


CORS = {"cors": {"origins": ["https://friend.test"]}}


@pytest.mark.parametrize("settings", [CORS, {"http": {"compression": {"enabled": False}}}])
async def test_settings_hold_for_the_front(settings: dict[str, Any]) -> None:
    fronted, plain = serving(fronted=True, settings=settings), serving(fronted=False, settings=settings)
    async with fronted as front, plain as alone:
        for headers in ((), ("Origin: https://friend.test",), ("Accept-Encoding: br",)):
            said = request({"query": "{ big(size: 100) }"}, *headers) + LAST
            assert await front.say(said) == await alone.say(said)


@pytest.mark.parametrize(
    ("proxies", "seen"), [(None, "127.0.0.1"), ("127.0.0.1", "203.0.113.9"), ("10.0.0.0/8", "127.0.0.1")]
)
async def test_a_client_is_where_the_trusted_proxy_says(proxies: str | None, seen: str) -> None:
    engine = FakeEngine()
    async with serving(fronted=True, engine=engine, trusted_proxies=proxies) as front:
        await front.say(request(HELLO, "X-Forwarded-For: 203.0.113.9") + LAST)
    assert [context.address for context in engine.contexts] == [seen]
    assert front.fronted == 1


@pytest.mark.parametrize("fronted", [True, False])
@pytest.mark.parametrize(
    ("trusted_proxies", "reported", "is_limited"),
    [
        (None, None, False),
        (None, "203.0.113.7", True),
        (None, "127.0.0.1", True),
        ("10.0.0.0/8", "203.0.113.7", True),
        ("127.0.0.1", "203.0.113.7", False),
        ("127.0.0.1", "203.0.113.8", True),
    ],
)
async def test_an_exemption_is_for_whom_the_server_knows(
    trusted_proxies: str | None, reported: str | None, *, is_limited: bool, fronted: bool
) -> None:
    settings = {
        "rate_limits": {"per_address": {"limit": 1}, "exempt_addresses": ["127.0.0.1", "203.0.113.7"]}
    }
    headers = () if reported is None else (f"X-Forwarded-For: {reported}",)
    async with serving(fronted=fronted, settings=settings, trusted_proxies=trusted_proxies) as served:
        answers = [await served.say(request({"query": "{ hello }"}, *headers) + LAST) for _ in range(2)]
    assert [answer.split()[1] for answer in answers] == [b"200", b"429" if is_limited else b"200"]


@dataclass(slots=True)
class SlowEngine(FakeEngine):
    """Its operations begin, and go on when they may."""

    ended: int = 0
    begins: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def execute(self, prepared: Prepared, request: GraphQLRequest, context: RequestContext) -> Response:
        self.begins.set()
        await self.may_end.wait()
        self.ended += 1
        return await FakeEngine.execute(self, prepared, request, context)


@pytest.mark.parametrize("fronted", [True, False])
async def test_what_a_client_began_ends_though_it_left(*, fronted: bool) -> None:
    engine = SlowEngine()
    async with serving(fronted=fronted, engine=engine) as served:
        _, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request({"query": "mutation { add(value: 3) }"}))
        await engine.begins.wait()
        writer.close()
        await eventually(lambda: not served.server.server_state.connections)
        engine.may_end.set()
        await eventually(lambda: not served.server.server_state.tasks)
    assert (engine.total, engine.ended) == (3, 1)


async def test_a_cancelled_operation_is_a_500(caplog: pytest.LogCaptureFixture) -> None:
    answers = []
    for fronted in (True, False):
        engine = SlowEngine()
        async with serving(fronted=fronted, engine=engine) as served:
            asked = asyncio.create_task(served.say(request()))
            await engine.begins.wait()
            for task in served.server.server_state.tasks:
                task.cancel()
            answers.append(await asked)
    assert answers[0] == answers[1]
    assert answers[0].startswith(b"HTTP/1.1 500 ")
    assert [record.message for record in caplog.records] == ["Exception in ASGI application\n"] * 2


async def test_a_server_that_ends_gives_each_connection_its_last_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drain, "_LAST_ANSWERS_SECONDS", 20.0)
    answers = []
    for fronted in (True, False):
        engine = SlowEngine()
        async with serving(fronted=fronted, engine=engine) as served:
            running = asyncio.create_task(served.say(request()))
            await engine.begins.wait()
            reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
            await eventually(lambda: len(served.server.server_state.connections) == 2)
            served.server.should_exit = True
            await eventually(lambda: CLOSE in served.server.server_state.default_headers)
            writer.write(request())
            engine.may_end.set()
            answers.append((await running, PER_ANSWER.sub(rb"\1\r\n", await reader.read())))
            writer.close()
    assert answers[0] == answers[1]
    assert all(b"connection: close" in answer and b'"hello"' in answer for answer in answers[0])


async def test_a_header_that_would_break_the_head_is_never_sent() -> None:
    async with serving(fronted=True) as front:
        app = front.server.config.app

        async def answer(*_: Any) -> HttpResponse:
            return HttpResponse(200, [(b"content-length", b"0"), (b"x", b"a\r\nset-cookie: b")], b"")

        app.front.answer = answer  # type: ignore[union-attr]
        seen = await front.say(request())
    assert seen.startswith(b"HTTP/1.1 500 ")
    assert b"set-cookie" not in seen


async def test_an_idle_connection_is_closed_in_time() -> None:
    for fronted in (True, False):
        async with serving(fronted=fronted) as served:
            served.server.config.timeout_keep_alive = 0  # of seconds; uvicorn's own setting is whole
            assert (await served.say(request())).count(b"HTTP/1.1 200") == 1


async def test_the_audit_of_graphql_over_http_finds_nothing_in_the_front() -> None:
    if not npm.is_available():
        pytest.skip(npm.MISSING)
    folder = npm.installed(CLIENTS)
    async with serving(fronted=True, settings={"authentication": {}}) as front:
        process = await asyncio.create_subprocess_exec(
            "node",
            "audit.mjs",
            f"http://127.0.0.1:{front.port}/graphql",
            cwd=folder,
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
    assert orjson.loads(output) == {"total": 61, "failed": []}
    assert front.fronted > 20


@pytest.mark.parametrize("fronted", [True, False])
@pytest.mark.parametrize("offer", ["h2c", "websocket", "h2c, websocket"])
async def test_an_upgrade_that_nobody_takes_is_not_taken_and_the_request_is_answered(
    fronted: bool, offer: str
) -> None:
    body = orjson.dumps(HELLO)
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\nupgrade: {offer}\r\n"
        f"connection: Upgrade, HTTP2-Settings\r\nhttp2-settings: AAMAAABkAAQAoAAA\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode()
    async with serving(fronted=fronted) as server:
        for pieces in ([head + body + LAST], [head, body, LAST], [head[:40], head[40:] + body, LAST]):
            answer = await server.say(*pieces)
            assert answer.startswith(b"HTTP/1.1 200 "), answer
            assert answer.count(b"HTTP/1.1 ") == 2
            assert b"HTTP/1.1 404 " in answer, "the connection goes on"


async def test_who_wants_a_tunnel_is_answered() -> None:
    async with serving(fronted=True) as server:
        answer = await server.say(
            b"CONNECT other:443 HTTP/1.1\r\nhost: other:443\r\nconnection: close\r\n\r\n"
        )
    assert answer.startswith(b"HTTP/1.1 4"), answer
