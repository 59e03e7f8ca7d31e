"""`Broadcast`: equal subscriptions share one upstream, and each event is executed and encoded once.

Owns the upstreams, their listeners, and what is replayed to a late listener. Must never wait for a
listener: it takes an event at once, or queues and drops by its own policy.
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
    """This process stops, and another takes its place. Streams break off, so that clients connect again."""

    code = "SERVER_RESTARTING"
    default_status = 503


def _restarting() -> Restarting:
    return Restarting("The server restarts; subscribe again")


@dataclass(frozen=True, slots=True)
class Event:
    """One encoded response, the same bytes for every listener."""

    response: Response

    @property
    def body(self) -> bytes:
        """The response as JSON."""
        return self.response.body


class Listener(Protocol):
    """Receives the events of a subscription for one client. Neither method may block or raise."""

    def deliver(self, event: Event) -> None:
        """Receive the next event."""
        ...

    def finish(self, error: RequestError | None) -> None:
        """Receive the end of the stream: complete (None), or with an error."""
        ...


@dataclass(frozen=True, slots=True)
class Source:
    """How to open an upstream, and what must be equal to share it."""

    key: Hashable | None
    """Upstreams with equal keys are shared; None: this one never is."""
    open: Callable[[], AsyncIterator[Response]]
    replay: bool = False
    """True if a late listener must get the events that it missed."""
    request: GraphQLRequest | None = None
    """The request and its context, which are prepared again after a reload."""
    context: RequestContext | None = None


class Broadcast:
    """The running subscriptions of this process."""

    def __init__(self, *, max_upstreams: int, replay_events: int) -> None:
        self._max_upstreams = max_upstreams
        self._replay_events = replay_events
        self._shared: dict[Hashable, _Upstream] = {}
        self._upstreams: set[_Upstream] = set()
        self._at_end: list[Callable[[], None]] = []
        self.is_ending = False
        """True if this process stops, and accepts no further subscription."""

    @property
    def upstreams(self) -> int:
        """The number of open streams to subgraphs."""
        return len(self._upstreams)

    @property
    def listeners(self) -> int:
        """The number of client subscriptions that they feed."""
        return sum(len(upstream.listeners) for upstream in self._upstreams)

    def join(self, source: Source, listener: Listener) -> Callable[[], None]:
        """Feed `listener` from an equal upstream or a new one; call the returned function to stop.

        Raises `LimitExceeded` if there are `max_upstreams`, and `Restarting` if the process stops.
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
        """The sources of all upstreams."""
        return tuple(upstream.source for upstream in self._upstreams)

    def forget(self, upstream: _Upstream) -> None:
        """Forget an upstream that has ended."""
        self._upstreams.discard(upstream)
        key = upstream.source.key
        if key is not None and self._shared.get(key) is upstream:
            del self._shared[key]

    def retire(self, valid: Callable[[Source], bool]) -> None:
        """Complete the subscriptions whose source is not `valid`.

        The others go on, and no new listener joins them: a new one belongs to another generation.
        """
        self._shared.clear()
        for upstream in tuple(self._upstreams):
            if not valid(upstream.source):
                upstream.end(None)

    def withdraw(self, gone: Callable[[Source], bool], error: RequestError) -> None:
        """End with `error` the subscriptions for whose source `gone` is True."""
        for upstream in tuple(self._upstreams):
            if gone(upstream.source):
                upstream.end(error)

    def break_off(self) -> None:
        """End every subscription with `Restarting`, and refuse further ones.

        A quick client would otherwise subscribe again here, at the process that is about to stop.
        """
        self.is_ending = True
        for upstream in tuple(self._upstreams):
            upstream.end(_restarting())
        for callback in self._at_end:
            callback()

    def check_open(self) -> None:
        """Raise `Restarting` if the process stops."""
        if self.is_ending:
            raise _restarting()

    def at_end(self, callback: Callable[[], None]) -> None:
        """Call `callback` when subscriptions are broken off."""
        self._at_end.append(callback)

    async def aclose(self) -> None:
        """End every subscription, and let their tasks see it."""
        self.break_off()
        await asyncio.sleep(0)


class _Upstream:
    """One stream to the subgraphs, and its listeners."""

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
        """True if a listener that joins now gets every event it must have."""
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
        """Send the end to the listeners, and stop."""
        listeners, self.listeners = self.listeners, {}
        for listener in listeners.values():
            listener.finish(error)
        self._stop()

    def _stop(self) -> None:
        self._broadcast.forget(self)
        # The stream may end itself, from within its own task, which must not cancel itself.
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    async def _pump(self) -> None:
        error: RequestError | None = None
        stream = self.source.open()
        try:
            async for response in stream:
                await self._deliver(Event(response))
        except RequestError as refusal:
            error = refusal
        except asyncio.CancelledError:
            raise
        except Exception:  # the edge of a stream: its fault is logged, and masked for clients
            logger.exception("a subscription failed", extra=log_fields(self.source.context))
            error = RequestError("Internal server error", extensions={"code": "INTERNAL_SERVER_ERROR"})
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()
            self._broadcast.forget(self)
        self.end(error)

    async def _deliver(self, event: Event) -> None:
        # Once an event is missing from the history it is useless: a late listener then opens its own
        # upstream.
        if self.source.replay and self._complete:
            if len(self._history) < self._history_limit:
                self._history.append(event)
            else:
                self._complete = False
                self._history.clear()
        for count, (key, listener) in enumerate(tuple(self.listeners.items()), 1):
            if key in self.listeners:  # it may have left while this loop yielded
                listener.deliver(event)
            # Many deliveries take long: other requests must get a turn in between.
            if count % DELIVERIES_PER_STEP == 0:
                await asyncio.sleep(0)
