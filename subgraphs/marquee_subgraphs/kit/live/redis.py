"""`RedisTopics`: topics that reach every process of a subgraph, through Redis pub/sub.

Local subscribers are served at once and never through Redis; a process drops what comes back of its own.
A subscriber that may have missed a message gets `RESYNC`: each subscriber of a topic when Redis has confirmed
its channel, each subscriber every three seconds while Redis is down, and every half minute in any case, for a
loss that no part of the system notices. A process that could not send owes the others a `RESYNC`, and sends
it when Redis is back. So Redis makes messages fast; it is not needed for them to be right.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

import orjson

from marquee_foundation.redis import (
    BACKGROUND_SECONDS,
    ChannelListener,
    Client,
    RedisServer,
    RedisUnavailable,
)
from marquee_foundation.tasks import end_tasks
from marquee_subgraphs.kit.live.local import LocalTopics
from marquee_subgraphs.kit.live.topics import LiveSubscription

M = TypeVar("M")
_TAG_BYTES: Final = 6
_OUTBOX_AT_MOST: Final = 10_000
_OWED_AT_MOST: Final = 1_000
_BATCH: Final = 500
_RESYNC_AWAY_SECONDS: Final = 3
_RESYNC_SECONDS: Final = 30
_PAUSE_SECONDS: Final = 0.5


class RedisTopics(LocalTopics[M], Generic[M]):
    """`Topics` of one subgraph in all its processes. Messages are JSON values."""

    def __init__(self, fanout: RedisFanout, subgraph: str) -> None:
        super().__init__()
        self._fanout = fanout
        self._channels = f"{fanout.prefix}:{subgraph}:"

    def publish(self, topic: str, message: M) -> None:
        """Give `message` to every subscriber of `topic`; never waits."""
        super().publish(topic, message)
        self._fanout.send(self._channels + topic, message)

    def subscribe(self, topic: str) -> LiveSubscription[M]:
        """Receive what is published from now on; close it, or use it as a context."""
        subscription = super().subscribe(topic)
        self._fanout.join(self._channels + topic)
        return subscription

    def leave(self, topic: str, subscription: Any) -> None:
        """Forget a subscription."""
        super().leave(topic, subscription)
        if not self.count(topic):
            self._fanout.leave(self._channels + topic)

    def receive(self, channel: str, body: bytes) -> None:
        """Deliver what another process published; an empty body is a `RESYNC`."""
        topic = channel.removeprefix(self._channels)
        if not body:
            self.resync(topic)
        else:
            super().publish(topic, orjson.loads(body))

    def channels(self) -> list[str]:
        """Return the channels of the topics that have a subscriber here."""
        return [self._channels + topic for topic in self.watched()]


class RedisFanout:
    """One connection that subscribes, for all topics of this process; others publish. Close it."""

    def __init__(self, server: RedisServer) -> None:
        self.prefix = f"{server.prefix}:live"
        self._server = server
        self._everyone = f"{self.prefix}:*"
        self._tag = secrets.token_bytes(_TAG_BYTES)
        self._topics: dict[str, RedisTopics[Any]] = {}
        self._channels = ChannelListener(server.client, self, name="live topics")
        self._outbox: deque[tuple[str, bytes]] = deque()
        self._owed: set[str] = set()
        self._to_send = asyncio.Event()
        self._beat = 0
        self._tasks: list[asyncio.Task[None]] = []

    def topics(self, subgraph: str) -> RedisTopics[Any]:
        """Return the topics of one subgraph."""
        topics = self._topics[subgraph] = RedisTopics(self, subgraph)
        return topics

    def start(self) -> None:
        """Connect, and stay connected until `close`."""
        self._channels.join(self._everyone)
        self._channels.start()
        for work in (self._publish, self._remind):
            self._tasks.append(asyncio.create_task(work(), name=f"live topics: {work.__name__}"))

    async def close(self) -> None:
        """Send what waits, within a moment, then disconnect."""
        if self._outbox:
            await self._flush()
        await end_tasks(self._tasks)
        self._tasks.clear()
        await self._channels.aclose()

    def send(self, channel: str, message: Any) -> None:
        """Send to the other processes; what cannot be sent is owed as a `RESYNC`."""
        if self._server.is_away or len(self._outbox) >= _OUTBOX_AT_MOST:
            self._owe([channel])
        else:
            self._outbox.append((channel, self._tag + orjson.dumps(message)))
        self._to_send.set()

    def join(self, channel: str) -> None:
        """Receive a channel, because a topic has its first watcher."""
        self._channels.join(channel)

    def leave(self, channel: str) -> None:
        """Stop receiving a channel, because its topic has lost its last watcher."""
        self._channels.leave(channel)

    # Publishing

    async def _publish(self) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            if not await self._flush():
                await asyncio.sleep(_PAUSE_SECONDS)
                self._to_send.set()

    async def _flush(self) -> bool:
        """Send all that waits and is owed; return False when Redis did not take it."""
        while self._outbox or self._owed:
            batch = [self._outbox.popleft() for _ in range(min(_BATCH, len(self._outbox)))]
            owed, self._owed = self._owed, set()
            batch += [(channel, self._tag) for channel in owed]
            try:
                send = partial(_publish_all, messages=batch)
                await self._server.ask(send, timeout_seconds=BACKGROUND_SECONDS)
            except RedisUnavailable:
                self._owe([channel for channel, _ in (*batch, *self._outbox)])
                self._outbox.clear()
                return False
        return True

    def _owe(self, channels: Sequence[str]) -> None:
        self._owed.update(channels)
        if len(self._owed) > _OWED_AT_MOST:
            self._owed = {self._everyone}

    # Subscribing

    def received(self, channel: str, message: bytes) -> None:
        """Deliver what another process published; drop what this process published itself."""
        if not message.startswith(self._tag):
            self._deliver(channel, message[_TAG_BYTES:])

    def confirmed(self, channel: str, *, again: bool) -> None:
        """Make the watchers of a channel read its state: before now, messages may have been missed."""
        if channel != self._everyone:
            self._deliver(channel, b"")

    def _deliver(self, channel: str, body: bytes) -> None:
        if channel == self._everyone:
            for topics in self._topics.values():
                for watched in topics.watched():
                    topics.resync(watched)
            return
        subgraph = channel[len(self.prefix) + 1 :].partition(":")[0]
        if subgraph in self._topics:
            self._topics[subgraph].receive(channel, body)

    async def _remind(self) -> None:
        """Make watchers read the state anew, each topic at its own second of the period."""
        while True:
            await asyncio.sleep(1.0)
            self._beat += 1
            period = _RESYNC_SECONDS if self._channels.is_connected else _RESYNC_AWAY_SECONDS
            for topics in self._topics.values():
                for topic in topics.watched():
                    if hash(topic) % period == self._beat % period:
                        topics.resync(topic)
            if self._beat % _RESYNC_SECONDS == 0:
                self._forget_unwatched()

    def _forget_unwatched(self) -> None:
        """Leave the channels whose subscriptions were dropped without being closed."""
        watched = {channel for topics in self._topics.values() for channel in topics.channels()}
        for channel in self._channels.channels - watched - {self._everyone}:
            self._channels.leave(channel)


async def _publish_all(client: Client, messages: Sequence[tuple[str, bytes]]) -> None:
    async with client.pipeline(transaction=False) as pipeline:
        for channel, payload in messages:
            pipeline.publish(channel, payload)
        await pipeline.execute()
