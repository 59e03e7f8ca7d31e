"""`Topics`: fan-out of small messages to the subscriptions of a subgraph.

Best effort by design: a subscriber that lags, and every subscriber when messages may have been lost, receives
`RESYNC` and reads the store. So a message must never be the only way to learn of a change.
"""

from __future__ import annotations

from typing import Final, Protocol, TypeVar

M = TypeVar("M")


class Resync:
    """Messages were or may have been dropped: read the state anew, then go on."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "RESYNC"


RESYNC: Final = Resync()


class LiveSubscription(Protocol[M]):
    """The messages of one topic, from the moment of `subscribe`."""

    def __aiter__(self) -> LiveSubscription[M]: ...
    async def __anext__(self) -> M | Resync: ...
    async def __aenter__(self) -> LiveSubscription[M]: ...
    async def __aexit__(self, *_: object) -> None: ...

    async def aclose(self) -> None:
        """Stop; a waiting iteration ends."""
        ...


class Topics(Protocol[M]):
    """Where messages are published and subscribed to."""

    def publish(self, topic: str, message: M) -> None:
        """Hand `message`, a JSON value, to every subscriber of `topic`; never waits, never raises."""
        ...

    def subscribe(self, topic: str) -> LiveSubscription[M]:
        """Receive what is published from now on; close it, or use it as a context."""
        ...

    async def close(self) -> None:
        """End every subscription."""
        ...
