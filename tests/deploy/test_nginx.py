"""nginx as it is configured, before routers that tell what they were sent: no cinema behind it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from deploy.local.addresses import LOCALHOST, free_ports
from deploy.local.processes import Process
from deploy.local.proxy import expand_servers, nginx, render
from deploy.local.stores import missing_programs
from tests.eventually import eventually

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif("nginx-light" in missing_programs(), reason="nginx is not installed")


class Router:
    """A router that returns the headers it received, or aborts the connection."""

    def __init__(self) -> None:
        self.asked = 0
        self.dies = False
        self.port = 0
        self._runner = web.AppRunner(self._app())

    async def __aenter__(self) -> Router:
        await self._runner.setup()
        await web.TCPSite(self._runner, LOCALHOST, 0).start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_route("*", "/graphql", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.dies:
            assert request.transport is not None
            request.transport.abort()
        if request.headers.get("accept") == "text/event-stream":
            return await self._stream(request)
        return web.json_response(dict(request.headers))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """One event now; the end only when the client has gone."""
        response = web.StreamResponse(
            headers={"content-type": "text/event-stream", "x-accel-buffering": "no"}
        )
        await response.prepare(request)
        await response.write(b"event: next\ndata: 1\n\n")
        await eventually(lambda: request.transport is None or request.transport.is_closing())
        return response


@asynccontextmanager
async def proxy(folder: Path, *ports: int, tls_port: str = "", **variables: str) -> AsyncIterator[Process]:
    """nginx before routers on these ports; with `tls_port`, HTTPS there and a redirect on the plain port."""
    here = next(free_ports(1))
    replicas = {("router", 8080): ports}
    render(
        folder,
        folder / "log",
        {
            "NGINX_LOCAL_RESOLVERS": LOCALHOST,
            "MARQUEE_NGINX_PORT": f"{LOCALHOST}:{here}",
            "MARQUEE_STATIC": str(ROOT / "marquee" / "marquee" / "static"),
            "MARQUEE_GRAPHIQL": str(ROOT / "router" / "marquee_router" / "graphiql"),
            "MARQUEE_RELEASE": "1",
            "MARQUEE_ROUTERS": expand_servers(
                "server router:8080 resolve max_fails=1 fail_timeout=2s;", replicas
            ),
            "MARQUEE_PAYMENTS": f"server {LOCALHOST}:9;",
            "MARQUEE_BANK": f"server {LOCALHOST}:9;",
            "MARQUEE_BALANCERS": "unix:",
            "MARQUEE_REQUESTS_PER_SECOND": "10000",
            "MARQUEE_BURST": "10000",
            **variables,
        },
        {},
    )
    if tls_port:
        serve_by_tls(folder, here, tls_port)
    process = nginx(folder, folder, here)
    await process.start()
    try:
        yield process
    finally:
        await process.stop()


def serve_by_tls(folder: Path, plain_port: int, tls_port: str) -> None:
    """Put the TLS template in the place of the plain server, as its first lines say, with a certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    until = now + timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, until)
    certificate = builder.sign(key, SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "tls.key").write_bytes(pem)
    (folder / "tls.crt").write_bytes(certificate.public_bytes(Encoding.PEM))
    text = (ROOT / "deploy" / "nginx" / "tls" / "tls.conf.template").read_text()
    for written, here in {
        "${MARQUEE_NGINX_PORT}": f"{LOCALHOST}:{plain_port}",
        "listen 8443": f"listen {LOCALHOST}:{tls_port}",
        "/etc/nginx/tls": str(folder),
        "http2 on;": "",  # nginx knows the directive since 1.25; the image has a later one
    }.items():
        assert written in text
        text = text.replace(written, here)
    (folder / "conf.d" / "plain.conf").write_text(text)


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def code(answer: Any) -> str:
    """The code of the only error."""
    [error] = answer["errors"]
    return str(error["extensions"]["code"])


async def test_a_client_says_nothing_of_itself_that_only_we_may_say(
    tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    forged = {
        "x-forwarded-for": "203.0.113.9",
        "x-forwarded-proto": "https",
        "forwarded": "for=203.0.113.9",
        "x-real-ip": "203.0.113.9",
        "x-marquee-identity": "forged",
        "x-marquee-client-address": "203.0.113.9",
        "x-marquee-client-device": "forged",
        "proxy": "http://203.0.113.9",
        "authorization": "Bearer mine",
        "traceparent": "00-mine",
    }
    async with (
        Router() as router,
        proxy(tmp_path, router.port) as before,
        client.post(f"{before.url}/graphql", json={}, headers=forged) as response,
    ):
        seen = {name.lower(): value for name, value in (await response.json()).items()}
    assert seen["x-forwarded-for"] == LOCALHOST
    assert seen["x-forwarded-proto"] == "http"
    assert (seen["authorization"], seen["traceparent"]) == ("Bearer mine", "00-mine")
    assert not seen.keys() & (
        forged.keys() - {"x-forwarded-for", "x-forwarded-proto", "authorization", "traceparent"}
    )


async def test_a_balancer_that_is_named_is_believed(tmp_path: Path, client: aiohttp.ClientSession) -> None:
    async with (
        Router() as router,
        proxy(tmp_path, router.port, MARQUEE_BALANCERS=f"{LOCALHOST}/32") as before,
    ):
        headers = {"x-forwarded-for": "198.51.100.7, 203.0.113.9"}
        async with client.post(f"{before.url}/graphql", json={}, headers=headers) as response:
            assert (await response.json())["X-Forwarded-For"] == "203.0.113.9", "the last that is no balancer"


async def test_what_may_have_been_executed_is_never_sent_again(
    tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    async with Router() as one, Router() as other, proxy(tmp_path, one.port, other.port) as before:
        one.dies = other.dies = True
        async with client.post(f"{before.url}/graphql", json={"query": "mutation"}) as response:
            assert response.status == 503
            assert response.headers["retry-after"] == "1"
            assert code(await response.json()) == "UNAVAILABLE"
        assert one.asked + other.asked == 1


async def test_a_router_that_cannot_be_reached_is_passed_over(
    tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    with socket.socket() as nobody:
        nobody.bind((LOCALHOST, 0))  # taken, and not listened on
        gone = nobody.getsockname()[1]
        async with Router() as router, proxy(tmp_path, gone, router.port) as before:
            for _ in range(6):
                async with client.post(f"{before.url}/graphql", json={}) as response:
                    assert response.status == 200
    assert router.asked == 6


async def test_a_stream_is_handed_on_as_it_comes(tmp_path: Path, client: aiohttp.ClientSession) -> None:
    headers = {"accept": "text/event-stream"}
    async with (
        Router() as router,
        proxy(tmp_path, router.port) as before,
        asyncio.timeout(5),
        client.post(f"{before.url}/graphql", json={}, headers=headers) as response,
    ):
        assert await response.content.readline() == b"event: next\n"


async def test_one_address_cannot_ask_without_end(tmp_path: Path, client: aiohttp.ClientSession) -> None:
    limits = {"MARQUEE_REQUESTS_PER_SECOND": "1", "MARQUEE_BURST": "3"}
    async with Router() as router, proxy(tmp_path, router.port, **limits) as before:
        statuses = []
        for _ in range(8):
            async with client.post(f"{before.url}/graphql", json={}) as response:
                statuses.append(response.status)
                answer = await response.json()
    assert statuses[:4] == [200] * 4
    assert statuses[-1] == 429
    assert code(answer) == "RATE_LIMITED"
    assert router.asked == statuses.count(200)


async def test_with_tls_plain_http_redirects_and_browsers_are_told_to_stay(
    tmp_path: Path, client: aiohttp.ClientSession
) -> None:
    tls_port = str(next(free_ports(1)))
    async with Router() as router, proxy(tmp_path, router.port, tls_port=tls_port) as nginx:
        for method, path in (("GET", "/?film=1"), ("POST", "/graphql"), ("GET", "/static/app/app.js")):
            async with client.request(method, f"{nginx.url}{path}", allow_redirects=False) as moved:
                assert (moved.status, moved.headers["location"]) == (308, f"https://{LOCALHOST}{path}")
                assert "strict-transport-security" not in moved.headers
        assert router.asked == 0
        async with client.get(f"{nginx.url}/health", allow_redirects=False) as healthy:
            assert healthy.status == 200
        secure = f"https://{LOCALHOST}:{tls_port}"
        for path, status in (
            ("/", 200),
            ("/graphql", 200),
            ("/posters/metropolis.svg", 200),
            ("/nowhere", 404),
        ):
            async with client.get(f"{secure}{path}", ssl=False) as answer:
                assert answer.status == status
                assert answer.headers.getall("strict-transport-security") == ["max-age=31536000"], path
        async with client.post(f"{secure}/graphql", data=BytesIO(b"x" * 1_100_000), ssl=False) as refused:
            assert refused.status == 413
            assert refused.headers["strict-transport-security"] == "max-age=31536000"
        async with client.post(f"{secure}/graphql", json={}, ssl=False) as answer:
            assert (await answer.json())["X-Forwarded-Proto"] == "https"


async def test_without_tls_nothing_is_said_of_it(tmp_path: Path, client: aiohttp.ClientSession) -> None:
    async with Router() as router, proxy(tmp_path, router.port) as nginx:
        for path in ("/", "/graphql", "/posters/metropolis.svg"):
            async with client.get(f"{nginx.url}{path}") as answer:
                assert answer.status == 200
                assert "strict-transport-security" not in answer.headers
