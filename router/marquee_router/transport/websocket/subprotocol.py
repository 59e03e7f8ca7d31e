"""The two subprotocols as data: what their messages are called, and how they tell errors.

Owns names and close codes only; `transport.websocket.session` holds the behaviour.
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


@dataclass(frozen=True, slots=True)
class Subprotocol:
    """One subprotocol."""

    name: str
    start: str
    stop: str
    next: str
    errors_as_data: bool
    """A refused operation is told as a result and a completion, not by an `error` message."""
    keep_alive: bytes
    """The whole message that keeps the socket open in silence."""
    after_acknowledgement: bytes | None = None


TRANSPORT_WS = Subprotocol(
    name="graphql-transport-ws",
    start="subscribe",
    stop="complete",
    next="next",
    errors_as_data=False,
    keep_alive=b'{"type":"ping"}',
)
LEGACY_WS = Subprotocol(
    name="graphql-ws",
    start="start",
    stop="stop",
    next="data",
    errors_as_data=True,
    keep_alive=b'{"type":"ka"}',
    after_acknowledgement=b'{"type":"ka"}',
)
SUBPROTOCOLS = {dialect.name: dialect for dialect in (TRANSPORT_WS, LEGACY_WS)}


def choose(offered: list[str]) -> Subprotocol | None:
    """The first subprotocol of the client's list that is spoken here."""
    return next((SUBPROTOCOLS[name] for name in offered if name in SUBPROTOCOLS), None)
