"""Which log lines of a subgraph are written, and the ids that relate a line to its request or event."""

from __future__ import annotations

import logging

from marquee_foundation.logs import log_handler
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.trace import current_trace, current_work, trace_and_span


class AboutFilter(logging.Filter):
    """Adds the ids of the current trace, request or event to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: no record is dropped."""
        ids = trace_and_span(current_trace.get())
        if ids is not None:
            _default(record, "trace_id", ids[0])
            _default(record, "span_id", ids[1])
        work = current_work.get()
        if work is not None:
            _default(record, "request_id", work.request_id)
            _default(record, "operation", work.operation)
            _default(record, "user_id", work.user_id)
        return True


def _default(record: logging.LogRecord, name: str, value: str | None) -> None:
    if value is not None and not hasattr(record, name):
        setattr(record, name, value)


def configure_logs(settings: Settings) -> None:
    """Send every line of this process to standard error, in the format and from the level of the settings.

    Libraries log warnings and errors only: their lines of lower levels may contain what was sent.
    """
    handler = log_handler(settings.log_format)
    handler.addFilter(AboutFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("marquee", "marquee_subgraphs", "marquee_router"):
        logging.getLogger(ours).setLevel(settings.log_level.upper())
