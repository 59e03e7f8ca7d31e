"""Which log lines of a subgraph are written, and the ids that relate a line to its request or event."""

from __future__ import annotations

import logging

from marquee_foundation.logs import log_handler
from marquee_foundation.trace_context import is_traceparent, span_id, trace_id
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.trace import current_trace, current_work


class AboutFilter(logging.Filter):
    """Adds the ids of the current trace, request or event to each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: no record is dropped."""
        traceparent = current_trace.get()
        if traceparent is not None and is_traceparent(traceparent):
            _default(record, "trace_id", trace_id(traceparent))
            _default(record, "span_id", span_id(traceparent))
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
    for ours in ("marquee", "marquee_subgraphs", "marquee_router", "marquee_foundation"):
        logging.getLogger(ours).setLevel(settings.log_level.upper())
