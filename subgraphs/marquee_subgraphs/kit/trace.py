"""The context variables of the work at hand: its W3C trace context, and the ids in log lines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

current_trace: ContextVar[str | None] = ContextVar("current_trace", default=None)
"""The `traceparent` of the work at hand; events that this work publishes carry it."""


@dataclass(frozen=True, slots=True)
class Work:
    """The request or event that is being handled, by ids: nothing here names or reaches a person."""

    request_id: str
    operation: str | None = None
    user_id: str | None = None


current_work: ContextVar[Work | None] = ContextVar("current_work", default=None)
"""The request or event whose ids are added to log lines."""


@contextmanager
def work_for(*, correlation_id: str, operation: str | None, user_id: str | None = None) -> Iterator[None]:
    """Add these ids to the log lines of the block."""
    token = current_work.set(Work(correlation_id, operation, user_id))
    try:
        yield
    finally:
        current_work.reset(token)
