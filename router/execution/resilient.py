"""Retries reads and stops calling a subgraph that keeps failing: a decorator over any transport.

Owns the circuit of one subgraph. Never repeats a mutation; never takes longer than the caller allowed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from router.errors import SubgraphBusy, SubgraphTimeout, SubgraphUnavailable
from router.execution.subgraph import SubgraphReply, SubgraphTransport

_TRANSIENT_STATUSES = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class ResilienceOptions:
    """How often to retry, and when to give a subgraph a rest."""

    retries: int = 1
    """Further attempts of a read that failed; none after a timeout."""
    pause_seconds: float = 0.02
    """Before the first retry; doubled before each further one."""
    failures_to_open: int = 10
    """Consecutive failures after which calls are refused; 0 turns the circuit off."""
    open_seconds: float = 5.0
    """How long calls are refused; then one call tries whether the subgraph is back."""


class Circuit:
    """Closed, open, or half open (one call under way that decides)."""

    def __init__(self, options: ResilienceOptions, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    def admit(self) -> None:
        """Let one call through; raises `SubgraphBusy` when the circuit is open."""
        if self._opened_at is None:
            return
        if self._probing or self._clock() - self._opened_at < self._options.open_seconds:
            raise SubgraphBusy("the circuit is open", retryable=False)
        self._probing = True

    def succeeded(self) -> None:
        """A call was answered: all is well again."""
        self._failures = 0
        self._opened_at = None
        self._probing = False

    def failed(self) -> None:
        """A call failed: open when there were too many, stay open when it was the probe."""
        self._failures += 1
        limit = self._options.failures_to_open
        if self._probing or (limit and self._failures >= limit):
            self._opened_at = self._clock()
        self._probing = False

    def abandoned(self) -> None:
        """A call was cancelled and says nothing about the subgraph."""
        self._probing = False


class ResilientTransport:
    """A transport with retries and a circuit around it."""

    def __init__(
        self,
        inner: SubgraphTransport,
        options: ResilienceOptions | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self._inner = inner
        self._options = options or ResilienceOptions()
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._circuit = Circuit(self._options, self._clock)

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request, and again when it may be repeated and failed in a way that passes."""
        deadline = self._clock() + timeout_seconds
        attempts = 1 + (self._options.retries if idempotent else 0)
        pause_seconds = self._options.pause_seconds
        while True:
            attempts -= 1
            left = deadline - self._clock()
            try:
                reply = await self._attempt(body, headers, left, idempotent=idempotent)
            except SubgraphUnavailable as failure:
                may_pass = failure.retryable and not isinstance(failure, SubgraphTimeout)
                if not may_pass or not attempts or left <= pause_seconds:
                    raise
            else:
                if reply.status not in _TRANSIENT_STATUSES or not attempts or left <= pause_seconds:
                    return reply
            await asyncio.sleep(pause_seconds)
            pause_seconds *= 2

    async def _attempt(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool
    ) -> SubgraphReply:
        self._circuit.admit()
        try:
            reply = await self._inner.fetch(body, headers, timeout_seconds, idempotent=idempotent)
        except SubgraphUnavailable:
            self._circuit.failed()
            raise
        except BaseException:
            # Only to free the probe of a cancelled call; nothing is swallowed.
            self._circuit.abandoned()
            raise
        if reply.status in _TRANSIENT_STATUSES:
            self._circuit.failed()
        else:
            self._circuit.succeeded()
        return reply

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Open a subscription; streams are neither retried nor counted."""
        return self._inner.subscribe(body, headers)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
