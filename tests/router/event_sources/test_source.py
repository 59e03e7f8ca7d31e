"""What holds for every source, and what Redis adds: another process publishes, and Redis may go away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast

import orjson
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from marquee_router.errors import RouterMisconfigured
from marquee_router.event_sources import GAP, EventSource, LocalEvents
from marquee_router.event_sources.redis import RedisEvents
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url
from tests.router.app.test_application import serving
from tests.router.event_sources.graph import shop
from tests.router.event_sources.test_feeds import CHANGES, answer, watch

__all__ = ["own_redis", "redis_prefix", "redis_url"]

WAIT_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Bus:
    """A source, and how events get into it; topics begin with `prefix`."""

    source: EventSource
    publish: Callable[[str, Any], Awaitable[None]]
    heard: Callable[[str], Awaitable[bool]]
    prefix: str


@pytest_asyncio.fixture(params=["local", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    """Each implementation, with room for three events."""
    if request.param == "local":
        local = LocalEvents(queue_events=3)

        async def publish(topic: str, event: Any) -> None:
            local.publish(topic, event)

        async def heard(topic: str) -> bool:
            return local.listeners(topic) > 0

        yield Bus(local, publish, heard, "")
        await local.aclose()
        return
    url, prefix = request.getfixturevalue("redis_url"), request.getfixturevalue("redis_prefix")
    source = RedisEvents(url, queue_events=3)
    yield Bus(source, publisher(url), subscribers(url), f"{prefix}:")
    await source.aclose()


def publisher(url: str) -> Callable[[str, Any], Awaitable[None]]:
    """Publishes as another process does, on a connection of its own: Redis may have been away."""

    async def publish(topic: str, event: Any) -> None:
        async with Redis.from_url(url) as client:
            await client.publish(topic, orjson.dumps(event))

    return publish


def subscribers(url: str) -> Callable[[str], Awaitable[bool]]:
    """Whether Redis knows of somebody who listens."""

    async def heard(topic: str) -> bool:
        async with Redis.from_url(url) as client:
            counts = await client.pubsub_numsub(topic)
            return int(counts[0][1]) > 0

    return heard


async def until(holds: Callable[[], Awaitable[bool]], *, expected: bool = True) -> None:
    """Wait for it."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await holds() is not expected:  # noqa: ASYNC110 - Redis has no event
            await asyncio.sleep(0.01)


async def begun(bus: Bus, topic: str) -> tuple[AsyncGenerator[Any, None], asyncio.Task[Any]]:
    """A listener that the source knows of, and its first step."""
    events = cast("AsyncGenerator[Any, None]", bus.source.listen(topic))
    first = asyncio.ensure_future(anext(events))
    await until(lambda: bus.heard(topic))
    return events, first


async def test_a_topic_reaches_all_its_listeners_and_no_others(bus: Bus) -> None:
    topic, other = f"{bus.prefix}one", f"{bus.prefix}two"
    (one, first), (two, second), (three, third) = [await begun(bus, name) for name in (topic, topic, other)]
    await bus.publish(topic, {"id": "1"})
    await bus.publish(other, {"id": "2"})
    async with asyncio.timeout(WAIT_SECONDS):
        assert await first == await second == b'{"id":"1"}'
        assert await third == b'{"id":"2"}'
    for events in (one, two, three):
        await events.aclose()
    await until(lambda: bus.heard(topic), expected=False)


async def test_a_slow_listener_keeps_the_newest(bus: Bus, caplog: pytest.LogCaptureFixture) -> None:
    topic, marker = f"{bus.prefix}many", f"{bus.prefix}marker"
    events, first = await begun(bus, topic)
    mark, marked = await begun(bus, marker)
    await bus.publish(topic, 0)
    async with asyncio.timeout(WAIT_SECONDS):
        await first
        for number in range(1, 11):
            await bus.publish(topic, number)
        await bus.publish(marker, 0)
        await marked
        assert [await anext(events) for _ in range(3)] == [b"8", b"9", b"10"]
    assert [record.message for record in caplog.records].count(
        f"events of {topic} come faster than they are resolved: some are left out"
    ) == 1
    for each in (events, mark):
        await each.aclose()


async def test_the_end_of_a_source_ends_its_listeners(bus: Bus) -> None:
    _, first = await begun(bus, f"{bus.prefix}end")
    await bus.source.aclose()
    with pytest.raises(StopAsyncIteration):
        await first


async def test_after_redis_was_away_listeners_learn_of_the_gap(own_redis: OwnRedis) -> None:
    source = RedisEvents(own_redis.url)
    here = Bus(source, publisher(own_redis.url), subscribers(own_redis.url), "")
    events, first = await begun(here, "topic")
    await here.publish("topic", 1)
    async with asyncio.timeout(WAIT_SECONDS):
        assert await first == b"1"
        own_redis.stop()
        own_redis.start()
        assert await anext(events) is GAP
        await here.publish("topic", 2)
        assert await anext(events) == b"2"
    await events.aclose()
    await source.aclose()


async def test_a_gap_makes_the_last_entity_be_read_again(own_redis: OwnRedis) -> None:
    target = shop(
        {
            "brokers": {"main": {"redis_url": own_redis.url}},
            "fields": {"orderChanged": {"broker": "main", "topic": "orders:{id}"}},
        }
    )
    publish, heard = publisher(own_redis.url), subscribers(own_redis.url)
    sockets = []
    async with serving(target.app), asyncio.timeout(WAIT_SECONDS):
        for number in ("1", "2"):
            sockets.append(await watch(target, CHANGES % "status", id=number))
            await until(lambda number=number: heard(f"orders:{number}"))  # type: ignore[misc]
        await publish("orders:1", {"id": "1"})
        assert (await answer(sockets[0]))["data"] == {"orderChanged": {"status": "NEW"}}
        own_redis.stop()
        target.orders.status["1"] = "SENT"
        own_redis.start()
        assert (await answer(sockets[0]))["data"] == {"orderChanged": {"status": "SENT"}}
        await until(lambda: heard("orders:2"))
        await publish("orders:2", {"id": "2"})
        assert (await answer(sockets[1]))["data"] == {"orderChanged": {"status": "NEW"}}
        assert [each["id"] for each in target.orders.calls] == ["1", "1", "2"]
        for socket in sockets:
            await socket.leave()


def test_a_broker_needs_an_address_of_redis() -> None:
    with pytest.raises(RouterMisconfigured, match=r"event_sources\.brokers\.main: "):
        shop({"brokers": {"main": {"redis_url": "amqp://host"}}})
