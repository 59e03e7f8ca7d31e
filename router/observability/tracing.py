"""W3C trace context: each request has one trace, continued towards the subgraphs.

Owns the `traceparent` header. The seam for a tracing library is the `Tracer` protocol.
"""

from __future__ import annotations

import random
import re
from typing import Protocol

_TRACEPARENT = re.compile(r"^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_NO_TRACE = "0" * 32
_NO_SPAN = "0" * 16
_random_bits = random.getrandbits
"""Ids tell traces apart; they are no secrets."""


class Tracer(Protocol):
    """Starts the span of one client request."""

    def outgoing(self, traceparent: str | None) -> str:
        """The `traceparent` for subgraphs, given the client's own."""
        ...


class TraceContext:
    """Continues a valid trace with a new span id, or begins one; records nothing itself."""

    def outgoing(self, traceparent: str | None) -> str:
        """The `traceparent` for subgraphs: the client's trace id and flags, or new ones."""
        if traceparent is not None:
            match = _TRACEPARENT.match(traceparent)
            if match is not None and match[1] != _NO_TRACE and match[2] != _NO_SPAN:
                return f"00-{match[1]}-{_random_bits(64) or 1:016x}-{match[3]}"
        return f"00-{_random_bits(128) or 1:032x}-{_random_bits(64) or 1:016x}-01"


def trace_id(traceparent: str) -> str:
    """The trace id within a valid `traceparent`."""
    return traceparent[3:35]
