"""Sessions that ended are heard of by Redis; their tokens are refused, and what they had open is ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import redis

from marquee_router.config.model import EndedSessionsSource
from marquee_router.security.ended_sessions import EndedSessions
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url
from tests.router.security.issuing import issuing
from tests.router.transport.fake import fake_app
from tests.router.transport.serving import served

__all__ = ["own_redis", "redis_prefix", "redis_url"]

TICKS = {"query": "subscription { ticks }"}
EVENTS = {"accept": "text/event-stream"}


def end(url: str, key: str, *sessions: str, seconds: float = 60) -> None:
    """As an issuer of tokens does."""
    with redis.Redis.from_url(url) as client:
        client.zadd(key, {session: time.time() + seconds for session in sessions})
        client.publish(key, "")


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # another process has no event
            await asyncio.sleep(0.01)


@asynccontextmanager
async def hearing(url: str, key: str, now: Callable[[], float] = time.time) -> AsyncIterator[EndedSessions]:
    ended = EndedSessions(EndedSessionsSource.model_validate({"redis_url": url, "key": key}), now=now)
    ended.open()
    try:
        yield ended
    finally:
        await ended.aclose()


async def test_what_ended_before_the_start_and_after_it_is_known(redis_url: str, redis_prefix: str) -> None:
    key = f"{redis_prefix}:ended"
    end(redis_url, key, "old")
    end(redis_url, key, "expired", seconds=-1)
    async with hearing(redis_url, key) as ended:
        await until(lambda: len(ended) == 1)
        assert ended.is_revoked({"sid": "old"})
        assert not ended.is_revoked({"sid": "expired"})
        assert not ended.is_revoked({})
        before = ended.changes
        end(redis_url, key, "new", "newer")
        began = time.monotonic()
        await until(lambda: ended.is_revoked({"sid": "newer"}))
        assert time.monotonic() - began < 2, "it was told, and did not wait for its turn"
        assert ended.changes == before + 2


async def test_a_redis_that_went_away_and_forgot_lets_nobody_in(
    own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    end(own_redis.url, "ended", "one")
    async with hearing(own_redis.url, "ended") as ended:
        await until(lambda: ended.is_revoked({"sid": "one"}))
        own_redis.stop()
        await until(lambda: "until Redis is back" in caplog.text)
        assert ended.is_revoked({"sid": "one"})
        own_redis.start()
        end(own_redis.url, "ended", "two")
        await until(lambda: ended.is_revoked({"sid": "two"}))
        assert ended.is_revoked({"sid": "one"})


async def test_a_session_is_forgotten_when_its_last_token_has_expired(
    redis_url: str, redis_prefix: str
) -> None:
    key, late = f"{redis_prefix}:ended", 0.0
    end(redis_url, key, "short", seconds=30)
    async with hearing(redis_url, key, now=lambda: time.time() + late) as ended:
        await until(lambda: len(ended) == 1)
        late = 31.0
        end(redis_url, key, "long")
        await until(lambda: ended.is_revoked({"sid": "long"}))
        assert len(ended) == 1


@pytest.mark.parametrize("public", [False, True])
async def test_what_a_session_has_open_ends_with_it(redis_url: str, redis_prefix: str, public: bool) -> None:
    """But not what anybody may hear, and not what others have open."""
    issuer, key = issuing(), f"{redis_prefix}:ended"
    authentication: dict[str, Any] = issuer.settings()["authentication"]
    authentication["ended_sessions"] = {"redis_url": redis_url, "key": key}
    settings = {
        "authentication": authentication,
        "subscriptions": {"public_fields": ["ticks"] if public else []},
    }
    app, engine = fake_app(settings, extras=issuer.extras())
    mine, other = (
        {"authorization": f"Bearer {issuer.token('ada', sid=session)}"} for session in ("mine", "other")
    )
    async with served(app) as url, aiohttp.ClientSession() as client, asyncio.timeout(20):
        sockets = [
            await client.ws_connect(f"{url}/graphql", headers=who, protocols=["graphql-transport-ws"])
            for who in (mine, other)
        ]
        for socket in sockets:
            await socket.send_json({"type": "connection_init"})
            await socket.receive_json()
            await socket.send_json({"id": "1", "type": "subscribe", "payload": TICKS})
        streams = [
            await client.post(f"{url}/graphql", json=TICKS, headers={**EVENTS, **who})
            for who in (mine, other)
        ]
        await until(lambda: app.service.broadcast.listeners == 4)
        end(redis_url, key, "mine")
        closed = await sockets[0].receive()
        assert (closed.data, closed.extra) == (4403, "The token was withdrawn")
        await until(lambda: app.service.broadcast.listeners == (3 if public else 2))
        if not public:
            told = (await streams[0].text()).split("\n\n")
            assert any('"reason":"REVOKED"' in event for event in told)
            assert told[-2].startswith("event: complete")
        answer = await client.post(f"{url}/graphql", json={"query": "{ hello }"}, headers=mine)
        assert (await answer.json())["errors"][0]["extensions"]["reason"] == "REVOKED"
        engine.tick(1)
        assert (await sockets[1].receive_json())["payload"] == {"data": {"ticks": 1}}
        for socket in sockets:
            await socket.close()
        for events in streams:
            events.close()
