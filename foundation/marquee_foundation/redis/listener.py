"""`ChannelListener`: receives what is published on any number of Redis channels, over one connection.

Redis keeps no message for a subscriber that is not connected. So after each lost connection the receiver
learns of which channels it may have missed messages. Must never end because Redis is down.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import Any, Final, Protocol

from marquee_foundation.redis.server import FAILURES, Client, reason_of
from marquee_foundation.tasks import end_tasks

_PING_SECONDS: Final = 1.0
_SILENCE_SECONDS: Final = 3.0
"""A connection that does not even answer pings for so long is given up."""
_PAUSES_SECONDS: Final = (0.25, 2.0)
"""The first and the longest pause before the next attempt to connect."""
_CHANNELS_PER_COMMAND: Final = 500

_logger = logging.getLogger("marquee_foundation.redis")


class ChannelReceiver(Protocol):
    """What a listener calls, on its event loop. Must be quick and must not raise."""

    def received(self, channel: str, message: bytes) -> None:
        """Take a message of a channel."""
        ...

    def confirmed(self, channel: str, *, again: bool) -> None:
        """From now on no message of `channel` is missed.

        `again` is True if the connection was lost since the channel was joined: messages may be missing.
        """
        ...


class ChannelListener:
    """Subscribes to the channels that are joined, and to no others. The caller closes it.

    A channel is joined once, however many parts of the process read it; their counting is the receiver's.
    """

    def __init__(self, client: Client, receiver: ChannelReceiver, *, name: str) -> None:
        """`name` says in log lines and task names what the channels are for."""
        self._client = client
        self._receiver = receiver
        self._name = name
        self._wanted: set[str] = set()
        self._subscribed: set[str] = set()
        """Channels that Redis was asked for on the present connection."""
        self._confirmed: set[str] = set()
        """Channels of which the present connection misses no message."""
        self._missed: set[str] = set()
        """Channels that a lost connection had confirmed, and the present one has not yet."""
        self._pubsub: Any = None
        self._changed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_connected = False
        """True from the first answer of a connection until it is lost."""

    def start(self) -> None:
        """Connect, and stay connected until `aclose`; a second call changes nothing."""
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(work(), name=f"{self._name}: {work.__name__.strip('_')}")
                for work in (self._stay_connected, self._follow_changes)
            ]

    @property
    def channels(self) -> frozenset[str]:
        """The channels that are joined."""
        return frozenset(self._wanted)

    def join(self, channel: str) -> None:
        """Receive `channel`; a channel that was joined before is not joined twice."""
        if channel not in self._wanted:
            self._wanted.add(channel)
            self._changed.set()

    def leave(self, channel: str) -> None:
        """Stop receiving `channel`."""
        if channel in self._wanted:
            self._wanted.discard(channel)
            self._missed.discard(channel)
            self._changed.set()

    async def aclose(self) -> None:
        """Disconnect; the client stays open."""
        tasks, self._tasks = self._tasks, []
        await end_tasks(tasks)

    async def _stay_connected(self) -> None:
        first, longest = _PAUSES_SECONDS
        pause, was_reachable = first, True
        while True:
            try:
                await self._receive()
            except FAILURES as error:
                if self.is_connected:
                    pause, was_reachable = first, True
                if was_reachable:  # one line per outage, not one per attempt
                    _logger.warning("%s: no messages until Redis is back: %s", self._name, reason_of(error))
                was_reachable = False
            finally:
                self.is_connected = False
            # Half of the pause is random, so that not every process connects at the same moment.
            await asyncio.sleep(pause * (0.5 + random.random() / 2))  # noqa: S311 - no secret
            pause = min(2 * pause, longest)

    async def _receive(self) -> None:
        """Take messages until the connection fails, or does not answer its pings."""
        async with self._client.pubsub() as pubsub:
            async with asyncio.timeout(_SILENCE_SECONDS):
                await pubsub.connect()
            self._pubsub, self._subscribed, self._confirmed = pubsub, set(), set()
            self._changed.set()
            try:
                await self._receive_from(pubsub)
            finally:
                self._pubsub = None
                self._missed |= self._confirmed & self._wanted

    async def _receive_from(self, pubsub: Any) -> None:
        loop = asyncio.get_running_loop()
        answered_at = loop.time()
        while True:
            response = await pubsub.parse_response(block=False, timeout=_PING_SECONDS)
            if response is not None:
                answered_at = loop.time()
                self.is_connected = True
                self._take(response)
            elif loop.time() - answered_at > _SILENCE_SECONDS:
                raise TimeoutError("it does not answer")
            else:
                await pubsub.ping()

    def _take(self, response: Any) -> None:
        if not isinstance(response, list):
            return  # the answer to a ping
        kind, channel = response[0], response[1].decode()
        if kind == b"message":
            self._receiver.received(channel, response[2])
        elif kind == b"subscribe":
            again = channel in self._missed
            self._missed.discard(channel)
            self._confirmed.add(channel)
            self._receiver.confirmed(channel, again=again)

    async def _follow_changes(self) -> None:
        """Keep the subscriptions equal to the channels that are wanted, in few commands."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            pubsub = self._pubsub
            if pubsub is None:
                continue  # the next connection sets the event again
            new, old = list(self._wanted - self._subscribed), list(self._subscribed - self._wanted)
            try:
                for start in range(0, len(new), _CHANNELS_PER_COMMAND):
                    await pubsub.subscribe(*new[start : start + _CHANNELS_PER_COMMAND])
                for start in range(0, len(old), _CHANNELS_PER_COMMAND):
                    await pubsub.unsubscribe(*old[start : start + _CHANNELS_PER_COMMAND])
            except FAILURES:
                continue  # the connection is lost; `_receive` sees it as well, and begins a new one
            if pubsub is self._pubsub:
                self._subscribed = (self._subscribed | set(new)) - set(old)
                self._confirmed -= set(old)
