"""`RedisTopics`: topics that reach every process of a subgraph, through Redis pub/sub.

Local subscribers are served at once and never through Redis; what comes back of one's own is dropped.
Whoever may have missed a message gets `RESYNC`: each subscriber of a topic when its channel is (again)
confirmed, every one every few seconds while Redis is away, and, for what nobody can notice, every half
minute. A process that could not send owes the others a `RESYNC`, and sends it when Redis is back. So Redis
makes it fast, never right.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Generic, TypeVar

import orjson

from marquee_subgraphs.kit.live.local import LocalTopics
from marquee_subgraphs.kit.live.topics import LiveSubscription
from marquee_subgraphs.kit.redis_server import (
    FAILURES,
    PATIENT_SECONDS,
    Client,
    RedisAway,
    RedisServer,
    end_tasks,
    reason_of,
)

M = TypeVar("M")
_TAG_BYTES: Final = 6
_OUTBOX_AT_MOST: Final = 10_000
_OWED_AT_MOST: Final = 1_000
_BATCH: Final = 500
_PING_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 3.0
_RESYNC_AWAY_SECONDS: Final = 3
_RESYNC_SECONDS: Final = 30
_PAUSE_SECONDS: Final = 0.5

_logger = logging.getLogger("marquee.redis")


class RedisTopics(LocalTopics[M], Generic[M]):
    """`Topics` of one subgraph in all its processes. Messages are JSON values."""

    def __init__(self, fanout: RedisFanout, subgraph: str) -> None:
        super().__init__()
        self._fanout = fanout
        self._channels = f"{fanout.prefix}:{subgraph}:"

    def publish(self, topic: str, message: M) -> None:
        """Hand `message` to every subscriber of `topic`; never waits."""
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

    def hear(self, channel: str, body: bytes) -> None:
        """Take what another process published; an empty body is a `RESYNC`."""
        topic = channel.removeprefix(self._channels)
        if not body:
            self.resync(topic)
        else:
            super().publish(topic, orjson.loads(body))

    def channels(self) -> list[str]:
        """The channels that somebody here watches."""
        return [self._channels + topic for topic in self.watched()]


class RedisFanout:
    """One connection that subscribes, for all topics of this process; others publish. Close it."""

    def __init__(self, server: RedisServer) -> None:
        self.prefix = f"{server.prefix}:live"
        self._server = server
        self._everyone = f"{self.prefix}:*"
        self._tag = secrets.token_bytes(_TAG_BYTES)
        self._topics: dict[str, RedisTopics[Any]] = {}
        self._wanted: set[str] = set()
        self._joined: set[str] = set()
        self._pubsub: Any = None
        self._is_connected = False
        self._outbox: deque[tuple[str, bytes]] = deque()
        self._owed: set[str] = set()
        self._changed = asyncio.Event()
        self._to_send = asyncio.Event()
        self._beat = 0
        self._tasks: list[asyncio.Task[None]] = []

    def topics(self, subgraph: str) -> RedisTopics[Any]:
        """The topics of one subgraph."""
        topics = self._topics[subgraph] = RedisTopics(self, subgraph)
        return topics

    def start(self) -> None:
        """Connect, and stay connected as well as may be."""
        for work in (self._listen, self._follow, self._publish, self._remind):
            self._tasks.append(asyncio.create_task(work(), name=f"live topics: {work.__name__}"))

    async def close(self) -> None:
        """Send what waits, within a moment, then leave."""
        if self._outbox:
            await self._flush()
        await end_tasks(self._tasks)
        self._tasks.clear()

    def send(self, channel: str, message: Any) -> None:
        """Send to the other processes; what cannot be sent is owed as a `RESYNC`."""
        if self._server.is_away or len(self._outbox) >= _OUTBOX_AT_MOST:
            self._owe([channel])
        else:
            self._outbox.append((channel, self._tag + orjson.dumps(message)))
        self._to_send.set()

    def join(self, channel: str) -> None:
        """Somebody watches this channel."""
        if channel not in self._wanted:
            self._wanted.add(channel)
            self._changed.set()

    def leave(self, channel: str) -> None:
        """Nobody watches it any more."""
        if channel in self._wanted:
            self._wanted.discard(channel)
            self._changed.set()

    # Publishing

    async def _publish(self) -> None:
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            if not await self._flush():
                await asyncio.sleep(_PAUSE_SECONDS)
                self._to_send.set()

    async def _flush(self) -> bool:
        """Send all that waits and is owed; False when Redis did not take it."""
        while self._outbox or self._owed:
            batch = [self._outbox.popleft() for _ in range(min(_BATCH, len(self._outbox)))]
            owed, self._owed = self._owed, set()
            batch += [(channel, self._tag) for channel in owed]
            try:
                send = partial(_publish_all, messages=batch)
                await self._server.ask(send, timeout_seconds=PATIENT_SECONDS)
            except RedisAway:
                self._owe([channel for channel, _ in (*batch, *self._outbox)])
                self._outbox.clear()
                return False
        return True

    def _owe(self, channels: Sequence[str]) -> None:
        self._owed.update(channels)
        if len(self._owed) > _OWED_AT_MOST:
            self._owed = {self._everyone}

    # Subscribing

    async def _listen(self) -> None:
        while True:
            try:
                await self._hear()
            except FAILURES as error:
                if self._is_connected:
                    _logger.warning("live topics lost Redis, watchers poll: %s", reason_of(error))
            finally:
                self._is_connected = False
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _hear(self) -> None:
        """Take messages until the connection fails, or is silent though it was pinged."""
        async with self._server.client.pubsub() as pubsub:
            async with asyncio.timeout(_PING_SECONDS):
                await pubsub.subscribe(self._everyone)
            self._pubsub, self._joined = pubsub, set()
            self._changed.set()
            loop = asyncio.get_running_loop()
            heard = loop.time()
            try:
                while True:
                    response = await pubsub.parse_response(block=False, timeout=_PING_SECONDS)
                    if response is not None:
                        heard = loop.time()
                        self._take(response)
                    elif loop.time() - heard > _SILENCE_SECONDS:
                        raise TimeoutError("silence")
                    else:
                        await pubsub.ping()
            finally:
                self._pubsub = None

    def _take(self, response: Any) -> None:
        if not isinstance(response, list):
            return
        kind, channel = response[0], response[1].decode()
        if kind == b"message":
            if not response[2].startswith(self._tag):
                self._deliver(channel, response[2][_TAG_BYTES:])
        elif kind == b"subscribe":
            if channel == self._everyone:
                self._is_connected = True
            else:  # from here on nothing is missed; before, something may have been
                self._deliver(channel, b"")

    def _deliver(self, channel: str, body: bytes) -> None:
        if channel == self._everyone:
            for topics in self._topics.values():
                for watched in topics.watched():
                    topics.resync(watched)
            return
        subgraph = channel[len(self.prefix) + 1 :].partition(":")[0]
        if subgraph in self._topics:
            self._topics[subgraph].hear(channel, body)

    async def _follow(self) -> None:
        """Subscribe to what is watched and to nothing else, in few commands."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            pubsub = self._pubsub
            if pubsub is None:
                continue  # `_hear` sets the event again
            new, old = list(self._wanted - self._joined), list(self._joined - self._wanted)
            try:
                for start in range(0, len(new), _BATCH):
                    await pubsub.subscribe(*new[start : start + _BATCH])
                for start in range(0, len(old), _BATCH):
                    await pubsub.unsubscribe(*old[start : start + _BATCH])
            except FAILURES:
                continue  # `_hear` fails as well, and begins anew
            if pubsub is self._pubsub:
                self._joined = (self._joined | set(new)) - set(old)

    async def _remind(self) -> None:
        """Tell watchers to look for themselves, each topic at its own second of the period."""
        while True:
            await asyncio.sleep(1.0)
            self._beat += 1
            period = _RESYNC_SECONDS if self._is_connected else _RESYNC_AWAY_SECONDS
            for topics in self._topics.values():
                for topic in topics.watched():
                    if hash(topic) % period == self._beat % period:
                        topics.resync(topic)
            if self._beat % _RESYNC_SECONDS == 0:
                self._forget_unwatched()

    def _forget_unwatched(self) -> None:
        """Leave the channels whose subscriptions nobody closed: those went by themselves."""
        watched = {channel for topics in self._topics.values() for channel in topics.channels()}
        if watched != self._wanted:
            self._wanted = watched
            self._changed.set()


async def _publish_all(client: Client, messages: Sequence[tuple[str, bytes]]) -> None:
    async with client.pipeline(transaction=False) as pipeline:
        for channel, payload in messages:
            pipeline.publish(channel, payload)
        await pipeline.execute()
