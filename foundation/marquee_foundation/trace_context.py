"""W3C trace context: reads and makes the value of the `traceparent` header (https://www.w3.org/TR/trace-context/).

A value is `00-<trace id: 32 hexadecimal digits>-<span id: 16>-<flags: 2>`; bit 0 of the flags says that the
trace is recorded. Must never import a tracing library: without one, a trace is still passed on.
"""

from __future__ import annotations

import random
import re
from typing import Final

_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SAMPLED: Final = frozenset("13579bdf")
"""The last digits of flags whose bit 0 is set."""
_random_bits = random.getrandbits  # ids tell traces apart; they are no secrets


def is_traceparent(text: str) -> bool:
    """Return True if `text` is a valid trace context of version 00."""
    return _TRACEPARENT.fullmatch(text) is not None


def is_sampled(traceparent: str | None) -> bool:
    """Return True if this is a valid trace context whose spans are recorded."""
    return traceparent is not None and traceparent[-1:] in _SAMPLED and is_traceparent(traceparent)


def trace_id(traceparent: str) -> str:
    """Return the trace id of a valid trace context, in hexadecimal."""
    return traceparent[3:35]


def span_id(traceparent: str) -> str:
    """Return the span id of a valid trace context, in hexadecimal."""
    return traceparent[36:52]


def flags(traceparent: str) -> int:
    """Return the flags of a valid trace context."""
    return int(traceparent[53:], 16)


def new_trace() -> str:
    """Return a trace context with new ids, sampled."""
    # Bits 0 and 64 are set, so that neither id can be zero, which the specification forbids.
    ids = f"{_random_bits(192) | 1 << 64 | 1:048x}"
    return f"00-{ids[:32]}-{ids[32:]}-01"


def child_of(traceparent: str) -> str:
    """Return the trace id and flags of a valid trace context with a new span id."""
    return f"{traceparent[:36]}{_random_bits(64) or 1:016x}{traceparent[52:]}"


def unsampled(traceparent: str) -> str:
    """Return a valid trace context with flags that say that nothing is recorded."""
    return traceparent[:-2] + "00"


def traceparent_of(trace: int, span: int, trace_flags: int) -> str:
    """Return the trace context of these ids, which are not zero."""
    return f"00-{trace:032x}-{span:016x}-{trace_flags:02x}"
