"""Who is slowed down, by what, how it is told on each transport, and that Redis is not needed for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import orjson
import pytest
from starlette.types import Receive, Scope, Send

from marquee_foundation.rates import shared_windows
from marquee_router import RouterApp
from marquee_router.config.model import RateLimits
from marquee_router.security.rate_limits import RateLimiter
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url
from tests.router.security.issuing import issuing
from tests.router.transport.driving import Answer, Socket, call, post
from tests.router.transport.fake import fake_app

__all__ = ["own_redis", "redis_prefix", "redis_url"]

HOME, ELSEWHERE = "203.0.113.7", "203.0.113.8"
JSON = {"content-type": "application/json"}


@dataclass(frozen=True, slots=True)
class From:
    """An app as a client at another address meets it."""

    app: RouterApp
    address: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["client"] = (self.address, 1)
        await self.app(scope, receive, send)


def limited(**rates: Any) -> RouterApp:
    """A router with these `rate_limits`."""
    app, _ = fake_app({"rate_limits": rates})
    return app


async def ask(
    app: RouterApp,
    query: str = "{ hello }",
    *,
    address: str = HOME,
    headers: Mapping[str, str] | None = None,
    **parameters: Any,
) -> Answer:
    """One operation from an address."""
    return await post(cast("RouterApp", From(app, address)), query, headers=headers, **parameters)


async def statuses(app: RouterApp, count: int, **given: Any) -> list[int]:
    """The statuses of so many equal operations."""
    return [(await ask(app, **given)).status for _ in range(count)]


def socket_from(app: RouterApp, address: str, protocol: str) -> Socket:
    """A socket from an address."""
    return Socket(cast("RouterApp", From(app, address)), [protocol])


def test_nothing_is_limited_until_a_rate_is_set() -> None:
    assert RateLimiter.of(RateLimits()) is None


@pytest.mark.parametrize("media", ["application/json", "application/graphql-response+json"])
async def test_one_too_many_is_429_with_when_to_come_back(media: str) -> None:
    app = limited(per_address={"limit": 3, "seconds": 60})
    assert await statuses(app, 3, headers={"accept": media}) == [200] * 3
    refused = await ask(app, headers={"accept": media})
    assert (refused.status, refused.code) == (429, "RATE_LIMITED")
    assert refused.headers["content-type"] == f"{media}; charset=utf-8"
    assert 1 <= int(refused.headers["retry-after"]) <= 120
    extensions = refused.json["errors"][0]["extensions"]
    assert extensions["retryAfterSeconds"] == int(refused.headers["retry-after"])
    assert refused.headers["ratelimit-policy"] == '"address";q=3;w=60'
    assert refused.headers["ratelimit"] == f'"address";r=0;t={extensions["retryAfterSeconds"]}'
    assert "data" not in refused.json
    assert (await ask(app, address=ELSEWHERE)).status == 200


@pytest.mark.parametrize("name", ["x-forwarded-for", "x-real-ip", "forwarded", "x-marquee-client-address"])
async def test_no_header_makes_another_address(name: str) -> None:
    app = limited(per_address={"limit": 1})
    assert await statuses(app, 1) == [200]
    for value in ("198.51.100.1", "127.0.0.1", "for=198.51.100.2"):
        assert (await ask(app, headers={name: value})).status == 429


async def test_a_network_of_ipv6_is_one_client_and_a_mapped_address_is_that_of_ipv4() -> None:
    app = limited(per_address={"limit": 1})
    assert (await ask(app, address="2001:db8::1")).status == 200
    assert (await ask(app, address="2001:db8::ffff:2")).status == 429
    assert (await ask(app, address="2001:db8:0:1::1")).status == 200
    assert (await ask(app, address=HOME)).status == 200
    assert (await ask(app, address=f"::ffff:{HOME}")).status == 429


async def test_exempt_networks_are_not_limited() -> None:
    app = limited(
        per_address={"limit": 1}, fields={"hello": {"limit": 1}}, exempt_addresses=["203.0.113.0/29"]
    )
    assert await statuses(app, 4) == [200] * 4
    assert await statuses(app, 2, address=ELSEWHERE) == [200, 429]


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Proto"])
async def test_an_exempt_address_that_forwards_for_others_is_limited(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    for address in ("127.0.0.1", "::1"):
        app = limited(per_address={"limit": 1}, exempt_addresses=["127.0.0.0/8", "::1"])
        caplog.clear()
        forwarded = {name.lower(): "127.0.0.1"}
        assert await statuses(app, 3, address=address, headers=forwarded) == [200, 429, 429]
        [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert warning.startswith(f"{address} is exempt from rate limits, but forwards")
        assert "--trusted-proxies" in warning
        assert await statuses(app, 3, address=address) == [200] * 3


async def test_nor_are_its_users_root_fields_and_sockets_exempt() -> None:
    issuer = issuing()
    rates = {"per_user": {"limit": 1}, "fields": {"hello": {"limit": 2}}, "exempt_addresses": ["127.0.0.1"]}
    app, _ = fake_app({**issuer.settings(), "rate_limits": rates}, extras=issuer.extras())
    forwarded = {"x-forwarded-for": "198.51.100.1"}
    ada = {**forwarded, "authorization": f"Bearer {issuer.token('ada')}"}
    assert await statuses(app, 2, address="127.0.0.1", headers=ada) == [200, 429]
    assert await statuses(app, 3, address="127.0.0.1", headers=forwarded) == [200, 200, 429]
    socket = Socket(cast("RouterApp", From(app, "127.0.0.1")), ["graphql-transport-ws"], headers=forwarded)
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}})
    message = await socket.receive()
    assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
    await socket.leave()


async def test_a_user_is_one_client_from_wherever() -> None:
    issuer = issuing()
    app, _ = fake_app(
        {**issuer.settings(), "rate_limits": {"per_user": {"limit": 2}}}, extras=issuer.extras()
    )
    ada, bob = ({"authorization": f"Bearer {issuer.token(name)}"} for name in ("ada", "bob"))
    found = [(await ask(app, address=f"203.0.113.{n}", headers=ada)).status for n in range(3)]
    assert found == [200, 200, 429]
    assert (await ask(app, headers=bob)).status == 200
    assert await statuses(app, 3) == [200] * 3


async def test_an_operation_is_limited_by_its_name() -> None:
    app = limited(operations={"SignIn": {"limit": 1}})
    assert await statuses(app, 2, query="query SignIn { hello }") == [200, 429]
    assert await statuses(app, 2, query="query Other { hello }") == [200, 200]
    assert (await ask(app, "query SignIn { hello }", address=ELSEWHERE)).status == 200


async def test_a_root_field_is_limited_however_the_operation_is_called_or_written() -> None:
    app = limited(fields={"add": {"limit": 2}})
    assert (await ask(app, "mutation A { add(value: 1) }")).status == 200
    assert (await ask(app, "mutation B { x: add(value: 1) }")).status == 200
    assert (await ask(app, "mutation { add(value: 1) }")).status == 429
    assert (
        await ask(app, "mutation { a: add(value: 1) b: add(value: 1) c: add(value: 1) }", address=ELSEWHERE)
    ).status == 429
    assert await statuses(app, 3) == [200] * 3


async def test_each_operation_of_a_batch_counts() -> None:
    app = cast("RouterApp", From(limited(per_address={"limit": 2}), HOME))
    answer = await call(app, headers=JSON, body=orjson.dumps([{"query": "{ hello }"}] * 3))
    refused = [entry for entry in answer.json if "errors" in entry]
    assert (answer.status, len(answer.json), len(refused)) == (200, 3, 1)
    assert refused[0]["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


@pytest.mark.parametrize("accept", ["application/json, text/event-stream", "application/json"])
async def test_an_operation_counts_once_whatever_is_accepted(accept: str) -> None:
    app = limited(per_address={"limit": 2})
    assert await statuses(app, 3, headers={"accept": accept}) == [200, 200, 429]


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed"])
async def test_a_stream_is_refused_before_it_begins(accept: str) -> None:
    app = limited(per_address={"limit": 1})
    query = "subscription { count(to: 1) }"
    assert (await ask(app, query, headers={"accept": accept})).status == 200
    refused = await ask(app, query, headers={"accept": accept})
    assert (refused.status, refused.code) == (429, "RATE_LIMITED")
    assert "retry-after" in refused.headers


async def test_on_a_socket_it_is_an_error_of_the_operation_and_the_socket_stays() -> None:
    socket = socket_from(limited(per_address={"limit": 1}), HOME, "graphql-transport-ws")
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": "{ hello }"}})
    assert [(await socket.receive())["type"] for _ in range(2)] == ["next", "complete"]
    for _ in range(2):
        socket.send({"id": "2", "type": "subscribe", "payload": {"query": "subscription { ticks }"}})
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("2", "error")
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"
    socket.send({"type": "ping"})
    assert await socket.receive() == {"type": "pong"}
    await socket.leave()


async def test_a_refusal_is_counted() -> None:
    app = limited(per_address={"limit": 1})
    await statuses(app, 2)
    metrics = await call(app, "GET", "/metrics")
    assert b'code="RATE_LIMITED"' in metrics.body


@asynccontextmanager
async def routers(url: str, prefix: str, **rates: Any) -> AsyncIterator[tuple[RouterApp, RouterApp]]:
    """Two routers that count in one Redis."""
    apps = [limited(redis_url=url, redis_prefix=prefix, **rates) for _ in range(2)]
    yield apps[0], apps[1]
    for app in apps:
        assert app.service.rates is not None
        await app.service.rates.aclose()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is no Redis that is away."""
    monkeypatch.setattr(shared_windows, "_TIMEOUT_SECONDS", 20.0)


@pytest.mark.usefixtures("patient")
async def test_routers_count_together_by_redis(redis_url: str, redis_prefix: str) -> None:
    async with routers(redis_url, redis_prefix, per_address={"limit": 6}) as (one, two):
        assert await statuses(one, 3) + await statuses(two, 3) == [200] * 6
        for app in (one, two):
            refused = await ask(app)
            assert (refused.status, refused.code) == (429, "RATE_LIMITED")
            seconds = int(refused.headers["retry-after"])
            assert 1 <= seconds <= 120
            assert refused.headers["ratelimit-policy"] == '"address";q=6;w=60'
            assert refused.headers["ratelimit"] == f'"address";r=0;t={seconds}'


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("with_redis", [False, True], ids=["alone", "by redis"])
@pytest.mark.parametrize(
    ("rates", "name"),
    [
        ({"per_address": {"limit": 4, "seconds": 90}}, "address"),
        ({"per_user": {"limit": 4, "seconds": 90}}, "user"),
        ({"operations": {"SignIn": {"limit": 4, "seconds": 90}}}, "operation SignIn"),
        ({"fields": {"hello": {"limit": 4, "seconds": 90}}}, "field hello"),
    ],
)
async def test_each_rule_says_which_it_is_and_when_it_lets_pass_again(
    rates: dict[str, Any], name: str, with_redis: bool, redis_url: str, redis_prefix: str
) -> None:
    issuer = issuing()
    settings = {"redis_url": redis_url, "redis_prefix": redis_prefix} if with_redis else {}
    apps = [
        fake_app({**issuer.settings(), "rate_limits": {**rates, **settings}}, extras=issuer.extras())[0]
        for _ in range(2 if with_redis else 1)
    ]
    ada = {"authorization": f"Bearer {issuer.token('ada')}"}
    for number in range(4):
        assert (await ask(apps[number % len(apps)], "query SignIn { hello }", headers=ada)).status == 200
    for app in apps:
        refused = await ask(app, "query SignIn { hello }", headers=ada)
        seconds = refused.json["errors"][0]["extensions"]["retryAfterSeconds"]
        assert (refused.status, refused.json["errors"][0]["extensions"]["limit"]) == (429, name)
        assert refused.headers["retry-after"] == str(seconds)
        assert refused.headers["ratelimit-policy"] == f'"{name}";q=4;w=90'
        assert refused.headers["ratelimit"] == f'"{name}";r=0;t={seconds}'
        assert 1 <= seconds <= 180
        assert app.service.rates is not None
        await app.service.rates.aclose()


async def test_little_use_asks_redis_nothing(own_redis: OwnRedis) -> None:
    async with routers(own_redis.url, "m", per_address={"limit": 800}) as (app, _):
        assert await statuses(app, 100) == [200] * 100
        own_redis.stop()  # nobody notices


@pytest.mark.parametrize("trouble", ["stop", "pause", "flush"])
async def test_without_redis_each_router_goes_by_its_own_count_and_says_so_once(
    own_redis: OwnRedis, trouble: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with routers(own_redis.url, "m", per_address={"limit": 5}) as (app, _):
        assert await statuses(app, 2) == [200] * 2
        getattr(own_redis, trouble)()
        assert await statuses(app, 5) == [200] * 3 + [429] * 2
        told = [record for record in caplog.records if "Redis is away" in record.message]
        assert len(told) == (0 if trouble == "flush" else 1)
