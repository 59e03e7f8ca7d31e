"""`SocketTimers`: what closes a socket by the clock: no initialisation, an expired token, a silent client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeAlias

from marquee_router.config.model import WebSocket
from marquee_router.transport.websocket.send_queue import SendQueue
from marquee_router.transport.websocket.subprotocol import CloseCode, Subprotocol

Close: TypeAlias = Callable[[CloseCode, str], None]

LONGEST_TIMER_SECONDS = 7 * 24 * 3600.0
"""Longer than an event loop's clock is reliable for; no socket lives so long."""


class SocketTimers:
    """The timers of one socket; `cancel` them with it."""

    __slots__ = ("_awaits_answer", "_close", "_deadline", "_keep_alive", "_settings")

    def __init__(self, settings: WebSocket, close: Close) -> None:
        """`close` closes the socket with a code and a reason."""
        self._settings = settings
        self._close = close
        self._deadline: asyncio.TimerHandle | None = None
        self._keep_alive: asyncio.TimerHandle | None = None
        self._awaits_answer = False
        """True after a keep-alive, until the client sends anything."""

    def await_initialisation(self) -> None:
        """Close the socket if the client does not initialise it in time."""
        self._deadline = asyncio.get_running_loop().call_later(
            self._settings.init_timeout_seconds,
            self._close,
            CloseCode.CONNECTION_INITIALISATION_TIMEOUT,
            "Connection initialisation timeout",
        )

    def initialised(self, expires_at: float | None) -> None:
        """Close the socket when the token expires (seconds since the epoch); None for a guest."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        if expires_at is not None:
            remaining = expires_at - time.time()
            if remaining < LONGEST_TIMER_SECONDS:
                self._deadline = asyncio.get_running_loop().call_later(
                    max(remaining, 0.0), self._close, CloseCode.FORBIDDEN, "The token has expired"
                )

    def received(self) -> None:
        """The client has sent a message: it is there."""
        self._awaits_answer = False

    def keep_alive(self, subprotocol: Subprotocol, queue: SendQueue) -> None:
        """Send keep-alives from now on; a client that must answer them and does not is closed."""
        self._keep_alive = asyncio.get_running_loop().call_later(
            self._settings.ping_interval_seconds, self._send_keep_alive, subprotocol, queue
        )

    def _send_keep_alive(self, subprotocol: Subprotocol, queue: SendQueue) -> None:
        if self._awaits_answer and not subprotocol.is_legacy:
            self._close(CloseCode.TERMINATED, "The client does not answer")
            return
        self._awaits_answer = True
        queue.push(subprotocol.keep_alive)
        self.keep_alive(subprotocol, queue)

    def cancel(self) -> None:
        """Stop every timer."""
        for timer in (self._deadline, self._keep_alive):
            if timer is not None:
                timer.cancel()
