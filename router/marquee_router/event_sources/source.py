"""`EventSource`: where a subscription field gets its events from. The seam to any broker.

Best effort by design, as topics of brokers are: an event says that an entity changed, never how. What may
have been missed is announced by `GAP`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Protocol, TypeAlias


class Gap:
    """Says that events may have been lost: the entity of the last one may have changed since."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "GAP"


GAP: Final = Gap()

SourceEvent: TypeAlias = bytes | Gap
"""A JSON value, or `GAP`."""


class EventSource(Protocol):
    """The topics of one broker. Many listeners may use it at once; the events of each are bounded."""

    def listen(self, topic: str) -> AsyncIterator[SourceEvent]:
        """Yield the events of a topic from the first step on, until the source is closed.

        If the broker is down it waits, and yields `GAP` when the broker is back. Close the iterator to stop
        early.
        """
        ...

    async def aclose(self) -> None:
        """End every listener, and disconnect."""
        ...
