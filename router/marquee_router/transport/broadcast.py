"""Equal subscriptions share one upstream: each event is executed and encoded once, for all of them.

Owns the upstreams, who listens to them and what a late listener still gets. Must never wait for a listener: a
listener takes an event at once, or bounds and drops by its own policy.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.log_fields import log_fields
from marquee_router.request import GraphQLRequest, RequestContext, Response

logger = logging.getLogger("marquee_router.subscriptions")

DELIVERIES_PER_STEP = 128


class Restarting(RequestError):
    """This process ends; another takes its place. Streams break off, so that clients connect again."""

    code = "SERVER_RESTARTING"
    default_status = 503


def _restarting() -> Restarting:
    return Restarting("The server restarts; subscribe again")


@dataclass(frozen=True, slots=True)
class Event:
    """One encoded answer, the same bytes for every listener."""

    response: Response

    @property
    def body(self) -> bytes:
        """The answer's JSON."""
        return self.response.body


class Listener(Protocol):
    """One client's end of a subscription. Neither method may block or raise."""

    def deliver(self, event: Event) -> None:
        """Take the next event."""
        ...

    def finish(self, error: RequestError | None) -> None:
        """No more events: the stream ended (None), or it was refused."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """How an upstream is opened, and what must be equal for it to be shared."""

    key: Hashable | None
    """None: never shared."""
    open: Callable[[], AsyncIterator[Response]]
    replay: bool = False
    """Whether a late listener must get the events it missed."""
    request: GraphQLRequest | None = None
    """What was asked, and by whom: to be checked again after a reload."""
    context: RequestContext | None = None


class Broadcast:
    """All running subscriptions of this process."""

    def __init__(self, *, max_upstreams: int, replay_events: int) -> None:
        self._max_upstreams = max_upstreams
        self._replay_events = replay_events
        self._shared: dict[Hashable, _Upstream] = {}
        self._upstreams: set[_Upstream] = set()
        self._at_end: list[Callable[[], None]] = []
        self.is_ending = False
        """Whether this process takes no subscriptions any more."""

    @property
    def upstreams(self) -> int:
        """How many streams are open towards subgraphs."""
        return len(self._upstreams)

    @property
    def listeners(self) -> int:
        """How many client subscriptions they feed."""
        return sum(len(upstream.listeners) for upstream in self._upstreams)

    def join(self, source: Source, listener: Listener) -> Callable[[], None]:
        """Feed `listener` from an equal upstream or a new one; returns what leaves it again.

        Raises `LimitExceeded` when no more upstreams may be opened, `Restarting` when the process ends.
        """
        self.check_open()
        upstream = self._shared.get(source.key) if source.key is not None else None
        if upstream is not None and not upstream.can_join():
            upstream = None
        if upstream is None:
            if len(self._upstreams) >= self._max_upstreams:
                raise LimitExceeded("Too many subscriptions are open", status=503)
            upstream = _Upstream(self, source, self._replay_events if source.replay else 0)
            self._upstreams.add(upstream)
            if source.key is not None:
                self._shared[source.key] = upstream
            upstream.start()
        return upstream.add(listener)

    def sources(self) -> tuple[Source, ...]:
        """What is being listened to."""
        return tuple(upstream.source for upstream in self._upstreams)

    def forget(self, upstream: _Upstream) -> None:
        """Drop an upstream that has ended."""
        self._upstreams.discard(upstream)
        key = upstream.source.key
        if key is not None and self._shared.get(key) is upstream:
            del self._shared[key]

    def retire(self, valid: Callable[[Source], bool]) -> None:
        """End, as complete, every subscription for whose source `valid` is False; no others are shared on."""
        self._shared.clear()
        for upstream in tuple(self._upstreams):
            if not valid(upstream.source):
                upstream.end(None)

    def withdraw(self, gone: Callable[[Source], bool], error: RequestError) -> None:
        """End with `error` every subscription for whose source `gone` is True."""
        for upstream in tuple(self._upstreams):
            if gone(upstream.source):
                upstream.end(error)

    def break_off(self) -> None:
        """End every subscription, though it is not complete: each listener is told `Restarting`.

        No more are taken: a quick client would otherwise come back to the process that is about to end.
        """
        self.is_ending = True
        for upstream in tuple(self._upstreams):
            upstream.end(_restarting())
        for callback in self._at_end:
            callback()

    def check_open(self) -> None:
        """Raise `Restarting` when the process ends."""
        if self.is_ending:
            raise _restarting()

    def at_end(self, callback: Callable[[], None]) -> None:
        """Call back when subscriptions are broken off."""
        self._at_end.append(callback)

    async def aclose(self) -> None:
        """End every subscription, and let their streams end."""
        self.break_off()
        await asyncio.sleep(0)


class _Upstream:
    """One stream towards the subgraphs, and its listeners."""

    __slots__ = ("_broadcast", "_complete", "_history", "_history_limit", "_task", "listeners", "source")

    def __init__(self, broadcast: Broadcast, source: Source, history_limit: int) -> None:
        self._broadcast = broadcast
        self.source = source
        self.listeners: dict[int, Listener] = {}
        self._history_limit = history_limit
        self._history: list[Event] = []
        self._complete = True
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._pump(), name="subscription upstream")

    def can_join(self) -> bool:
        """Whether a listener that comes now gets all it asked for."""
        return self._complete or not self.source.replay

    def add(self, listener: Listener) -> Callable[[], None]:
        key = id(listener)
        self.listeners[key] = listener
        for event in self._history:
            listener.deliver(event)

        def leave() -> None:
            if self.listeners.pop(key, None) is not None and not self.listeners:
                self._stop()

        return leave

    def end(self, error: RequestError | None) -> None:
        """Tell the listeners that it is over, and stop."""
        listeners, self.listeners = self.listeners, {}
        for listener in listeners.values():
            listener.finish(error)
        self._stop()

    def _stop(self) -> None:
        self._broadcast.forget(self)
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    async def _pump(self) -> None:
        error: RequestError | None = None
        stream = self.source.open()
        try:
            async for response in stream:
                await self._spread(Event(response))
        except RequestError as refusal:
            error = refusal
        except asyncio.CancelledError:
            raise
        except Exception:  # an edge: whatever fails is masked for clients, and logged whole
            logger.exception("a subscription failed", extra=log_fields(self.source.context))
            error = RequestError("Internal server error", extensions={"code": "INTERNAL_SERVER_ERROR"})
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
            self._broadcast.forget(self)
        self.end(error)

    async def _spread(self, event: Event) -> None:
        if self.source.replay and self._complete:
            if len(self._history) < self._history_limit:
                self._history.append(event)
            else:
                self._complete = False
                self._history.clear()
        for count, (key, listener) in enumerate(tuple(self.listeners.items()), 1):
            if key in self.listeners:
                listener.deliver(event)
            if count % DELIVERIES_PER_STEP == 0:
                await asyncio.sleep(0)
