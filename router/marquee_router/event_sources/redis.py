"""`RedisEvents`: topics are channels of Redis pub/sub, heard over one connection however many listen.

Redis keeps no message for who is away: after each connection that was lost every listener gets `GAP`. Must
never end a subscription because Redis is away.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from marquee_router.event_sources.inbox import EVENTS_AT_MOST, Inbox
from marquee_router.event_sources.source import GAP, SourceEvent

logger = logging.getLogger("marquee_router.event_sources")

_FAILURES: Final = (RedisError, OSError, TimeoutError)
_CONNECT_SECONDS: Final = 2.0
_PING_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 5.0
"""A connection that does not even answer pings for so long is given up."""
_PAUSE_SECONDS: Final = 0.5
_CANCEL_SECONDS: Final = 0.05
_CHANNELS_AT_ONCE: Final = 500


class RedisEvents:
    """Implements `EventSource`; connects when first listened to."""

    def __init__(self, url: str, *, queue_events: int = EVENTS_AT_MOST) -> None:
        """Each listener holds at most `queue_events`. Raises `ValueError` when `url` is none of Redis."""
        self._client: Redis = Redis.from_url(
            url, socket_connect_timeout=_CONNECT_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._queue_events = queue_events
        self._inboxes: dict[str, set[Inbox]] = {}
        self._joined: set[str] = set()
        self._missed: set[str] = set()
        """Channels that were heard before the connection was lost, and are not heard again yet."""
        self._pubsub: Any = None
        self._is_connected = True
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def listen(self, topic: str) -> AsyncGenerator[SourceEvent, None]:
        """The events of a channel once Redis has confirmed it, until this is closed."""
        inbox = Inbox(topic, self._queue_events)
        self._inboxes.setdefault(topic, set()).add(inbox)
        self._changed.set()
        self._start()
        try:
            async for event in inbox:
                yield event
        finally:
            inboxes = self._inboxes[topic]
            inboxes.discard(inbox)
            if not inboxes:
                del self._inboxes[topic]
                self._missed.discard(topic)
                self._changed.set()

    async def aclose(self) -> None:
        """End every listener, and disconnect."""
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                inbox.end()
        running, self._tasks = set(self._tasks), []
        while running:  # Python 3.11 may lose a cancellation that comes with an answer
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=_CANCEL_SECONDS)
        await self._client.aclose()

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(work(), name=f"redis events: {work.__name__}")
                for work in (self._stay_connected, self._follow)
            ]

    async def _stay_connected(self) -> None:
        while True:
            try:
                await self._hear()
            except _FAILURES as error:
                if self._is_connected:
                    logger.warning("no events from Redis until it is back: %s", type(error).__name__)
                self._is_connected = False
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _hear(self) -> None:
        """Take messages until the connection fails, or is silent though it was pinged."""
        async with self._client.pubsub() as pubsub:
            await pubsub.connect()
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
                        raise TimeoutError
                    else:
                        await pubsub.ping()
            finally:
                self._pubsub = None
                self._missed |= self._joined & self._inboxes.keys()

    def _take(self, response: Any) -> None:
        self._is_connected = True
        if not isinstance(response, list):
            return  # the answer to a ping
        kind, topic = response[0], response[1].decode()
        if kind == b"message":
            self._spread(topic, response[2])
        elif kind == b"subscribe" and topic in self._missed:
            self._missed.discard(topic)
            self._spread(topic, GAP)

    def _spread(self, topic: str, event: SourceEvent) -> None:
        for inbox in self._inboxes.get(topic, ()):
            inbox.offer(event)

    async def _follow(self) -> None:
        """Subscribe to the channels that somebody listens to, and to no others, in few commands."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            pubsub = self._pubsub
            if pubsub is None:
                continue  # `_hear` sets the event again
            new, old = list(self._inboxes.keys() - self._joined), list(self._joined - self._inboxes.keys())
            try:
                for start in range(0, len(new), _CHANNELS_AT_ONCE):
                    await pubsub.subscribe(*new[start : start + _CHANNELS_AT_ONCE])
                for start in range(0, len(old), _CHANNELS_AT_ONCE):
                    await pubsub.unsubscribe(*old[start : start + _CHANNELS_AT_ONCE])
            except _FAILURES:
                continue  # `_hear` fails as well, and begins anew
            if pubsub is self._pubsub:
                self._joined = (self._joined | set(new)) - set(old)
