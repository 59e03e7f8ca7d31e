"""`ResilientTransport`: retries queries, and stops calling a subgraph that keeps failing.

Owns the circuit breaker of one subgraph. Must never repeat a mutation, nor take longer than its caller
allows.
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
    """How often to retry, and when to stop calling."""

    retries: int = 1
    """Further attempts of a query that failed; none after a timeout."""
    pause_seconds: float = 0.02
    """The pause before the first retry; doubled before each further one."""
    failures_to_open: int = 10
    """Consecutive failures that open the circuit; 0: it never opens."""
    open_seconds: float = 5.0
    """How long an open circuit refuses calls; then one call probes the subgraph."""
    timeout_seconds: float = math.inf
    """All attempts together take no longer than this, even if the caller allows more."""


class Circuit:
    """A circuit breaker: closed, open, or half open (one probe is under way)."""

    def __init__(self, options: ResilienceOptions, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    def admit(self) -> None:
        """Let one call through; raises `SubgraphBusy` if the circuit is open."""
        if self._opened_at is None:
            return
        if self._probing or self._clock() - self._opened_at < self._options.open_seconds:
            raise SubgraphBusy("the circuit is open", retryable=False)
        self._probing = True

    def succeeded(self) -> None:
        """Close the circuit: a call was answered."""
        self._failures = 0
        self._opened_at = None
        self._probing = False

    def failed(self) -> None:
        """Count a failure; open the circuit if it is one too many, or was the probe."""
        self._failures += 1
        limit = self._options.failures_to_open
        if self._probing or (limit and self._failures >= limit):
            self._opened_at = self._clock()
        self._probing = False

    def abandoned(self) -> None:
        """A call was cancelled: it counts neither as success nor as failure."""
        self._probing = False


class ResilientTransport:
    """Implements `SubgraphTransport`: retries and a circuit breaker over another transport."""

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
        """Send one request; repeat it if it is idempotent and the failure may be temporary."""
        options, circuit = self._options, self._circuit
        left = min(timeout_seconds, options.timeout_seconds)
        deadline = self._clock() + left
        attempts = 1 + (options.retries if idempotent else 0)
        pause_seconds = options.pause_seconds
        while True:
            # A retry must leave time for its answer.
            attempts -= 1
            may_repeat = attempts and left > pause_seconds
            circuit.admit()
            try:
                reply = await self._inner.fetch(body, headers, left, idempotent=idempotent)
            except SubgraphUnavailable as failure:
                circuit.failed()
                # A subgraph that did not answer in time is busy: another request would make it busier.
                if not may_repeat or not failure.retryable or isinstance(failure, SubgraphTimeout):
                    raise
            except BaseException:
                # A cancelled probe must not keep the circuit half open for ever.
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
        """Open a subscription; streams are not retried and do not count."""
        return self._inner.subscribe(body, headers)

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()
