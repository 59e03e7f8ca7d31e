"""Topics between processes: at once with Redis, and soon enough without."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest

from marquee_foundation.redis import RedisUnavailable
from marquee_subgraphs.kit.live import RESYNC, LiveSubscription, Topics
from marquee_subgraphs.kit.redis_parts import RedisParts, open_redis
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url

__all__ = ["own_redis", "redis_prefix", "redis_url"]

OpenPeer = Callable[[], Awaitable[RedisParts]]


@pytest.fixture
async def open_peer(redis_url: str, redis_prefix: str) -> AsyncIterator[OpenPeer]:
    """Opens what another process would."""
    async with AsyncExitStack() as stack:

        async def open_() -> RedisParts:
            return await stack.enter_async_context(open_redis(redis_url, redis_prefix))

        yield open_


async def next_message(subscription: LiveSubscription[Any]) -> Any:
    """The next message that is no `RESYNC`."""
    async with asyncio.timeout(10):
        while (message := await anext(subscription)) is RESYNC:
            pass
        return message


async def joined(subscription: LiveSubscription[Any], seconds: float = 10) -> None:
    """Wait until the channel is confirmed: the subscriber is told to look for itself."""
    async with asyncio.timeout(seconds):
        assert await anext(subscription) is RESYNC


@pytest.mark.parametrize("message", [7, "ntf_1", None, {"a": [1, "é"]}])
async def test_another_process_receives_what_is_published(open_peer: OpenPeer, message: Any) -> None:
    here, there = (await open_peer()).topics("tickets"), (await open_peer()).topics("tickets")
    async with there.subscribe("seats:1") as watching:
        await joined(watching)
        here.publish("seats:1", message)
        assert await next_message(watching) == message


async def test_local_subscribers_are_served_at_once_and_only_once(open_peer: OpenPeer) -> None:
    topics, peer = (await open_peer()).topics("tickets"), (await open_peer()).topics("tickets")
    async with topics.subscribe("seats:1") as watching, peer.subscribe("seats:1") as elsewhere:
        await joined(watching)
        await joined(elsewhere)
        topics.publish("seats:1", 1)
        assert await asyncio.wait_for(anext(watching), 0.01) == 1
        # Redis has sent the message to all, also back to its sender, before it sends the next one.
        assert await next_message(elsewhere) == 1
        peer.publish("seats:1", 2)
        assert await next_message(watching) == 2


async def test_subgraphs_and_topics_are_kept_apart(open_peer: OpenPeer) -> None:
    peer, other = await open_peer(), await open_peer()
    async with (
        other.topics("tickets").subscribe("t") as tickets,
        other.topics("payments").subscribe("t") as payments,
    ):
        await joined(tickets)
        await joined(payments)
        peer.topics("tickets").publish("u", 0)
        peer.topics("tickets").publish("t", 1)
        peer.topics("payments").publish("t", 2)
        assert [await next_message(tickets), await next_message(payments)] == [1, 2]
        peer.topics("tickets").publish("t", 3)
        assert await next_message(tickets) == 3


async def test_only_watched_topics_are_subscribed_to(open_peer: OpenPeer, redis_prefix: str) -> None:
    peer = await open_peer()
    topics: Topics[int] = peer.topics("tickets")

    async def channels() -> set[str]:
        found: Any = await peer.server.ask(lambda client: client.pubsub_channels(f"{redis_prefix}:*"))
        return {name.decode().removeprefix(f"{redis_prefix}:live:") for name in found}

    async with topics.subscribe("seats:1") as one, topics.subscribe("seats:1"):
        await joined(one)
        assert await channels() == {"*", "tickets:seats:1"}
    async with asyncio.timeout(5):
        while await channels() != {"*"}:  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0)


async def test_a_late_subscriber_of_a_known_topic_misses_nothing(open_peer: OpenPeer) -> None:
    here, there = (await open_peer()).topics("tickets"), (await open_peer()).topics("tickets")
    async with there.subscribe("t") as first:
        await joined(first)
        async with there.subscribe("t") as second:
            here.publish("t", 1)
            assert await asyncio.wait_for(anext(second), 5) == 1


async def test_many_messages_keep_their_order(open_peer: OpenPeer) -> None:
    here, there = (await open_peer()).topics("tickets"), (await open_peer()).topics("tickets")
    async with there.subscribe("t") as watching:
        await joined(watching)
        for number in range(200):
            here.publish("t", number)
        assert [await next_message(watching) for _ in range(200)] == list(range(200))


async def test_without_redis_local_subscribers_are_served_and_all_are_told_to_look(
    own_redis: OwnRedis, caplog: pytest.LogCaptureFixture
) -> None:
    own_redis.stop()
    async with open_redis(own_redis.url, "m") as parts:
        topics = parts.topics("tickets")
        async with topics.subscribe("t") as watching:
            for number in range(3):
                topics.publish("t", number)
            assert [await asyncio.wait_for(anext(watching), 0.05) for _ in range(3)] == [0, 1, 2]
            await joined(watching, seconds=4.5)


async def test_what_was_published_while_redis_was_away_is_owed(own_redis: OwnRedis) -> None:
    async with open_redis(own_redis.url, "m") as one, open_redis(own_redis.url, "m") as two:
        here, there = one.topics("tickets"), two.topics("tickets")
        async with there.subscribe("t") as watching:
            await joined(watching)
            own_redis.stop()
            here.publish("t", 1)
            own_redis.start()
            await joined(watching)  # of the new connection, or of what is owed
            async with asyncio.timeout(10):
                while one.server.is_away or two.server.is_away:
                    for peer in (one, two):
                        with suppress(RedisUnavailable):
                            await peer.server.check()
                    await asyncio.sleep(0)
            here.publish("t", 3)
            async with asyncio.timeout(10):
                while await anext(watching) != 3:
                    here.publish("t", 3)


async def test_a_redis_that_hangs_delays_nobody_and_is_noticed(own_redis: OwnRedis) -> None:
    async with open_redis(own_redis.url, "m") as parts:
        topics = parts.topics("tickets")
        async with topics.subscribe("t") as watching:
            await joined(watching)
            own_redis.pause()
            loop = asyncio.get_running_loop()
            started = loop.time()
            for number in range(20_000):
                topics.publish("t", number)
            assert loop.time() - started < 2
            async with asyncio.timeout(10):
                while await anext(watching) != 19_999:
                    pass
                assert await anext(watching) is RESYNC
            own_redis.resume()


async def test_two_processes_of_the_machine_hear_each_other(redis_url: str, redis_prefix: str) -> None:
    async with open_redis(redis_url, redis_prefix) as parts:
        topics = parts.topics("tickets")
        async with topics.subscribe("pong") as answers:
            await joined(answers)
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.subgraphs.kit.live.echo", redis_url, redis_prefix
            )
            try:
                assert await next_message(answers) == "ready"
                for number in range(20):
                    topics.publish("ping", number)
                assert [await next_message(answers) for _ in range(20)] == list(range(20))
                topics.publish("ping", None)
                assert await child.wait() == 0
            finally:
                if child.returncode is None:
                    child.kill()
                    await child.wait()
