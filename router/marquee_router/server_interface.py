"""What an app and the server that runs it offer each other beside ASGI; each side works without the other's.

Imports neither side, so that a process that serves something else (a subgraph, the bank) loads no router.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from marquee_router.message_heads import KnownHead

DIRECT_SOCKET: Final = "marquee_router.websocket"
"""The key of a `DirectSocket` in the extensions of an ASGI scope."""

_FORWARDING: Final = frozenset(
    {
        "cf-connecting-ip",
        "forwarded",
        "true-client-ip",
        "via",
        "x-client-ip",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-real-ip",
    }
)
"""Headers that proxies add, and that no program sends on its own behalf."""


class ClientAddress(NamedTuple):
    """Where a request comes from."""

    host: str | None
    """The IP address; None if the server does not know it."""
    is_unknown_proxy: bool = False
    """True if `host` forwards requests of others, as its headers say, and is no trusted proxy: the address of
    the client itself is then unknown."""

    @classmethod
    def of(cls, client: tuple[str, int] | None, header_names: Iterable[str]) -> ClientAddress:
        """The address of the `client` of an ASGI scope; `header_names` are those of the request, in lower
        case.
        """
        if client is None:
            return cls(None)
        host, port = client
        # uvicorn writes port 0 when a trusted proxy reports the address; no TCP connection has that port.
        return cls(host, port != 0 and not _FORWARDING.isdisjoint(header_names))


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
        [bytes, Mapping[str, str], Any, ClientAddress],
        Coroutine[Any, Any, tuple[int, Sequence[tuple[bytes, bytes]], bytes]],
    ]
    """Status, headers and body; from the body, the headers, what `takes` returned, the client's address."""

    def takes(self, headers: Mapping[str, str]) -> Any:
        """What the client accepts, for `answer`; None when a POST with these headers is not plain."""
        ...
