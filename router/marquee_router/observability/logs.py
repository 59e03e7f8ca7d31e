"""Log lines of the router, as text or as JSON.

Owns their format and what each says of its request. Must never write a document, a variable, a header's value
or a token.
"""

from __future__ import annotations

import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from marquee_router.config.model import Logs
from marquee_router.observability.tracing import is_traceparent, span_id, trace_id
from marquee_router.request import RequestContext

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_REQUEST_ID: Final = re.compile(r"[\w.:-]{1,100}")
_OURS: Final = ("marquee_router", "uvicorn", "asyncio", "opentelemetry")


def about(context: RequestContext | None, operation: str | None = None) -> dict[str, str]:
    """What a line says of the request that it is about: ids only. Give it as `extra`."""
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


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message, and the record's own extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        entry |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(entry, default=str).decode()


def configure_logs(settings: Logs) -> None:
    """Send the lines of the router and of what serves it to standard error, in the chosen format."""
    handler = logging.StreamHandler(sys.stderr)
    if settings.format == "json":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.handlers[:] = [handler]
        logger.setLevel(settings.level.upper() if name == "marquee_router" else logging.WARNING)
        logger.propagate = False
