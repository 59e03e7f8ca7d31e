"""What an app and the server that runs it offer each other beside ASGI; each side works without the other's.

Imports neither side, so that a process that serves something else (a subgraph, the bank) loads no router.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol

from marquee_router.message_heads import KnownHead

DIRECT_SOCKET: Final = "marquee_router.websocket"
"""The key of a `DirectSocket` in the extensions of an ASGI scope."""


class DirectSocket(Protocol):
    """Offered by the server: a way to write to a WebSocket without a coroutine."""

    def write_text(self, message: bytes) -> bool:
        """Write a text message (UTF-8) at once. False if nothing was written: `send` must be used."""
        ...

    def abort(self) -> None:
        """Close the connection at once; data that is not yet written is lost."""
        ...


class PlainPostHandler(Protocol):
    """Offered by the app: answers to plain POSTs without a scope and without messages."""

    target: bytes
    """The request target of the POSTs that it answers."""
    max_body_bytes: int
    known: Callable[[bytes, bytes], KnownHead | None]
    """Given all bytes of a message and its body: its head, by which to recognise the next message."""
    answer: Callable[
        [bytes, Mapping[str, str], Any, str | None],
        Coroutine[Any, Any, tuple[int, Sequence[tuple[bytes, bytes]], bytes]],
    ]
    """Status, headers and body; from the body, the headers, what `takes` returned, the client's address."""

    def takes(self, headers: Mapping[str, str]) -> Any:
        """What the client accepts, for `answer`; None when a POST with these headers is not plain."""
        ...
