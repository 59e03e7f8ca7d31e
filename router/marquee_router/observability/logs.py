"""Which log lines of a router are written, and the ids that relate a line to its request.

Must never log a document, a variable, a header's value or a token.
"""

from __future__ import annotations

import logging
import re
from typing import Final

from marquee_foundation.logs import log_handler
from marquee_foundation.trace_context import is_traceparent, span_id, trace_id
from marquee_router.config.model import Logs
from marquee_router.request import RequestContext

_REQUEST_ID: Final = re.compile(r"[\w.:-]{1,100}")
_LOGGERS: Final = ("marquee_router", "marquee_foundation", "uvicorn", "asyncio", "opentelemetry")


def about(context: RequestContext | None, operation: str | None = None) -> dict[str, str]:
    """Return the ids of a request, and the name of its operation, as the `extra` of a log line."""
    found: dict[str, str] = {}
    if operation is not None:
        found["operation"] = operation
    if context is None:
        return found
    traceparent = (
        context.subgraph_headers.get("traceparent") if context.span is None else context.span.traceparent
    )
    if traceparent is not None and is_traceparent(traceparent):
        found |= {"trace_id": trace_id(traceparent), "span_id": span_id(traceparent)}
    if context.identity is not None:
        found["user_id"] = context.identity.subject
    request_id = context.headers.get("x-request-id", "")
    if _REQUEST_ID.fullmatch(request_id):
        found["request_id"] = request_id
    return found


def configure_logs(settings: Logs) -> None:
    """Send the lines of the router and of what serves it to standard error, in the chosen format."""
    handler = log_handler(settings.format, with_time=True)
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(settings.level.upper() if name.startswith("marquee_") else logging.WARNING)
        logger.propagate = False
