"""A listener receives what it has joined, and says after an outage where messages may be missing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from marquee_foundation.redis import ChannelListener, RedisServer
from tests.redis_servers import OwnRedis, own_redis

__all__ = ["own_redis"]


class Heard:
    """A receiver that keeps what it is called with, in a queue."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[tuple[str, bytes | bool]] = asyncio.Queue()

    def received(self, channel: str, message: bytes) -> None:
        self.queue.put_nowait((channel, message))

    def confirmed(self, channel: str, *, again: bool) -> None:
        self.queue.put_nowait((channel, again))

    async def next(self) -> tuple[str, bytes | bool]:
        async with asyncio.timeout(30):
            return await self.queue.get()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def listener(own_redis: OwnRedis, heard: Heard) -> AsyncIterator[ChannelListener]:
    server = RedisServer(own_redis.url)
    listener = ChannelListener(server.client, heard, name="news")
    listener.start()
    yield listener
    await listener.aclose()
    await server.aclose()


async def publish(redis: OwnRedis, channel: str, message: str) -> int:
    """Publish as another process does; return how many received it."""
    async with Redis.from_url(redis.url) as client:
        return int(await client.publish(channel, message))


async def test_only_joined_channels_are_received(
    listener: ChannelListener, heard: Heard, own_redis: OwnRedis
) -> None:
    for channel in ("a", "b"):
        listener.join(channel)
    assert {await heard.next(), await heard.next()} == {("a", False), ("b", False)}
    assert listener.is_connected
    assert listener.channels == {"a", "b"}
    assert await publish(own_redis, "c", "0") == 0
    await publish(own_redis, "a", "1")
    assert await heard.next() == ("a", b"1")
    listener.leave("a")
    async with asyncio.timeout(30):
        while await publish(own_redis, "a", "2"):
            pass
    await publish(own_redis, "b", "3")
    while (found := await heard.next()) == ("a", b"2"):
        pass
    assert found == ("b", b"3")


async def test_a_channel_is_confirmed_again_after_an_outage_and_a_new_one_for_the_first_time(
    listener: ChannelListener, heard: Heard, own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    listener.join("old")
    assert await heard.next() == ("old", False)
    own_redis.stop()
    listener.join("new")
    own_redis.start()
    assert {await heard.next(), await heard.next()} == {("old", True), ("new", False)}
    await publish(own_redis, "old", "1")
    assert await heard.next() == ("old", b"1")
    assert len([record for record in caplog.records if "until Redis is back" in record.message]) == 1


async def test_a_connection_that_does_not_answer_is_replaced(
    listener: ChannelListener, heard: Heard, own_redis: OwnRedis
) -> None:
    listener.join("a")
    assert await heard.next() == ("a", False)
    own_redis.pause()
    async with asyncio.timeout(30):
        while listener.is_connected:  # noqa: ASYNC110 - the listener tells nobody
            await asyncio.sleep(0.01)
    own_redis.resume()
    assert await heard.next() == ("a", True)


async def test_a_closed_listener_receives_nothing_more(
    listener: ChannelListener, heard: Heard, own_redis: OwnRedis
) -> None:
    listener.join("a")
    assert await heard.next() == ("a", False)
    await listener.aclose()
    async with asyncio.timeout(30):
        while await publish(own_redis, "a", "1"):
            pass
    assert not listener.is_connected
