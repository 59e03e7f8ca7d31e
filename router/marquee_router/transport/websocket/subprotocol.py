"""The two WebSocket subprotocols as data: message types, close codes, and how errors are sent.

`session` and `operations` have the behaviour. The specifications:
`graphql-transport-ws`: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
`graphql-ws` (legacy): https://github.com/apollographql/subscriptions-transport-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class CloseCode(IntEnum):
    """Why a socket is closed, by the `graphql-transport-ws` protocol and RFC 6455."""

    GOING_AWAY = 1001
    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    CONNECTION_INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_ALREADY_EXISTS = 4409
    TOO_MANY_INITIALISATION_REQUESTS = 4429
    TERMINATED = 4499


class ProtocolViolation(Exception):
    """The client broke the protocol: the socket is closed with this code."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Subprotocol:
    """One subprotocol."""

    name: str
    start: str
    """The type of the message that starts an operation."""
    stop: str
    """The type of the message that stops one."""
    next: str
    """The type of the message with a result."""
    is_legacy: bool
    """True for `graphql-ws`: it sends `next` with the errors, then `complete`, where the other sends `error`;
    it has no `ping` and `pong`, and completes an operation that the client stops.
    """
    keep_alive: bytes
    """The message that keeps a silent socket open."""
    after_acknowledgement: bytes | None = None
    """A message that follows `connection_ack`."""


TRANSPORT_WS = Subprotocol(
    name="graphql-transport-ws",
    start="subscribe",
    stop="complete",
    next="next",
    is_legacy=False,
    keep_alive=b'{"type":"ping"}',
)
LEGACY_WS = Subprotocol(
    name="graphql-ws",
    start="start",
    stop="stop",
    next="data",
    is_legacy=True,
    keep_alive=b'{"type":"ka"}',
    after_acknowledgement=b'{"type":"ka"}',
)
SUBPROTOCOLS = {subprotocol.name: subprotocol for subprotocol in (TRANSPORT_WS, LEGACY_WS)}


def choose(offered: list[str]) -> Subprotocol | None:
    """Return the first supported subprotocol of the client's list; None if there is none."""
    return next((SUBPROTOCOLS[name] for name in offered if name in SUBPROTOCOLS), None)
