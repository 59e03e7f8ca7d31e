"""What outbox, relay and consumer report to. Knows no metrics and no tracing library."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Final, Protocol

from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.trace import current_trace


class EventObserver(Protocol):
    """Follows events from the outbox to their handlers."""

    def event_committed(self, event: Envelope) -> None:
        """Take an event whose transaction has committed."""
        ...

    def publishing(self, events: Sequence[Envelope]) -> AbstractContextManager[None]:
        """Return the context in which the relay hands `events` to the broker."""
        ...

    def handling(self, event: Envelope) -> AbstractContextManager[None]:
        """Return the context in which a handler runs; the trace at hand must be the event's."""
        ...

    def died(self, event: Envelope) -> None:
        """Take an event whose delivery was given up."""
        ...


class _Unobserved:
    def event_committed(self, event: Envelope) -> None:
        pass

    def publishing(self, events: Sequence[Envelope]) -> AbstractContextManager[None]:
        return nullcontext()

    @contextmanager
    def handling(self, event: Envelope) -> Iterator[None]:
        token = current_trace.set(event.trace)
        try:
            yield
        finally:
            current_trace.reset(token)

    def died(self, event: Envelope) -> None:
        pass


UNOBSERVED: Final[EventObserver] = _Unobserved()
"""Records nothing."""
