"""Retries reads and stops calling a subgraph that keeps failing: a decorator over any transport.

Owns the circuit of one subgraph. Never repeats a mutation; never takes longer than the caller allowed.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from marquee_router.errors import SubgraphBusy, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport

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
    timeout_seconds: float = math.inf
    """All attempts together take no longer, whatever a caller allows."""


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
        self._clock = clock or time.monotonic
        self._circuit = Circuit(self._options, self._clock)

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request, and again when it may be repeated and failed in a way that passes."""
        options, circuit = self._options, self._circuit
        left = min(timeout_seconds, options.timeout_seconds)
        deadline = self._clock() + left
        attempts = 1 + (options.retries if idempotent else 0)
        pause_seconds = options.pause_seconds
        while True:
            attempts -= 1
            may_repeat = attempts and left > pause_seconds
            circuit.admit()
            try:
                reply = await self._inner.fetch(body, headers, left, idempotent=idempotent)
            except SubgraphUnavailable as failure:
                circuit.failed()
                if not may_repeat or not failure.retryable or isinstance(failure, SubgraphTimeout):
                    raise
            except BaseException:
                # Only to free the probe of a cancelled call; nothing is swallowed.
                circuit.abandoned()
                raise
            else:
                if reply.status not in _TRANSIENT_STATUSES:
                    circuit.succeeded()
                    return reply
                circuit.failed()
                if not may_repeat:
                    return reply
            await asyncio.sleep(pause_seconds)
            pause_seconds *= 2
            left = deadline - self._clock()

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Open a subscription; streams are neither retried nor counted."""
        return self._inner.subscribe(body, headers)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
