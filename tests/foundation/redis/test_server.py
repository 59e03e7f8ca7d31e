"""A Redis that is down or slow costs a caller little, and is used again when it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from marquee_foundation.redis import Client, RedisServer, RedisUnavailable
from tests.redis_servers import OwnRedis, own_redis

__all__ = ["own_redis"]


class Questions:
    """Counts the questions that reach Redis."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, client: Client) -> bool:
        self.asked += 1
        return bool(await client.set("key", "value"))


@pytest.fixture
async def server(own_redis: OwnRedis) -> AsyncIterator[RedisServer]:
    server = RedisServer(own_redis.url, timeout_seconds=5.0, rest_seconds=(60.0, 60.0), without="we wait")
    yield server
    await server.aclose()


async def test_an_answer_is_returned(server: RedisServer) -> None:
    assert await server.ask(Questions())
    await server.check()
    assert not server.is_away


async def test_after_a_failure_nothing_is_asked_and_one_line_is_logged(
    server: RedisServer, own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.stop()
    questions = Questions()
    for _ in range(5):
        with pytest.raises(RedisUnavailable):
            await server.ask(questions)
    assert questions.asked == 1
    assert server.is_away
    assert [record.message.partition(":")[0] for record in caplog.records] == ["Redis is away, we wait"]


async def test_only_timeouts_in_a_row_mean_that_redis_is_away(
    server: RedisServer, own_redis: OwnRedis
) -> None:
    own_redis.pause()
    for is_away in (False, False, True):
        with pytest.raises(RedisUnavailable):
            await server.ask(Questions(), timeout_seconds=0.02)
        assert server.is_away is is_away
    own_redis.resume()


async def test_after_a_rest_one_question_finds_that_redis_is_back(
    own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    server = RedisServer(own_redis.url, timeout_seconds=5.0, rest_seconds=(0.0, 0.0))
    own_redis.stop()
    with pytest.raises(RedisUnavailable):
        await server.check()
    own_redis.start()
    await asyncio.gather(*[server.check() for _ in range(5)])
    assert not server.is_away
    assert caplog.records[-1].message == "Redis answers again"
    await server.aclose()


def test_another_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="scheme"):
        RedisServer("amqp://host")
