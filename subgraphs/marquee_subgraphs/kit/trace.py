"""Whose work is at hand: its W3C trace context, and what log lines say of it.

Owns the two context variables, and how a `traceparent` is read.

Must never import a tracing library: without one, a trace is still passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

current_trace: ContextVar[str | None] = ContextVar("current_trace", default=None)
"""The `traceparent` of the work at hand; an event that is added takes it along."""


@dataclass(frozen=True, slots=True)
class Work:
    """A request or an event that is being worked on, by ids: nothing here names or reaches a person."""

    request_id: str
    operation: str | None = None
    user_id: str | None = None


current_work: ContextVar[Work | None] = ContextVar("current_work", default=None)
"""What log lines are about."""


@contextmanager
def work_for(*, correlation_id: str, operation: str | None, user_id: str | None = None) -> Iterator[None]:
    """What is logged inside is about this."""
    token = current_work.set(Work(correlation_id, operation, user_id))
    try:
        yield
    finally:
        current_work.reset(token)


_TRACEPARENT: Final = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_SAMPLED: Final = frozenset("13579bdf")


def is_sampled(traceparent: str | None) -> bool:
    """Whether this is a trace context whose spans are recorded."""
    return (
        traceparent is not None
        and traceparent[-1:] in _SAMPLED
        and _TRACEPARENT.fullmatch(traceparent) is not None
    )


def trace_and_span(traceparent: str | None) -> tuple[str, str] | None:
    """The trace id and the span id, in hexadecimal; None when it is no trace context."""
    if traceparent is None or _TRACEPARENT.fullmatch(traceparent) is None:
        return None
    return traceparent[3:35], traceparent[36:52]
