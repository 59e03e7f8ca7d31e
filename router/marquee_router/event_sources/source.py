"""`EventSource`: where a subscription field gets its events from. The seam to any broker.

Best effort by design, as topics of brokers are: an event says that an entity changed, never how. What may
have been missed is announced by `GAP`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final, Protocol, TypeAlias


class Gap:
    """Events were or may have been lost: what the last one was about may have changed since."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "GAP"


GAP: Final = Gap()

SourceEvent: TypeAlias = bytes | Gap
"""A JSON value, or word that some are missing."""


class EventSource(Protocol):
    """Topics of one broker. Safe for any number of listeners at once; bounded for each of them."""

    def listen(self, topic: str) -> AsyncIterator[SourceEvent]:
        """The events of a topic from the first step on, until the source is closed.

        A broker that is away is waited for, and `GAP` follows when it is back. Whoever stops early closes the
        iterator, which ends what was held for it.
        """
        ...

    async def aclose(self) -> None:
        """End every listener, and disconnect."""
        ...
