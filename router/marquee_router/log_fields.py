"""The ids that relate a log line to its request. Must never include a document, a variable or a token."""

from __future__ import annotations

import re
from typing import Final

from marquee_foundation.trace_context import is_traceparent, span_id, trace_id
from marquee_router.request import RequestContext

_REQUEST_ID: Final = re.compile(r"[\w.:-]{1,100}")


def log_fields(context: RequestContext | None, operation: str | None = None) -> dict[str, str]:
    """Return the ids of a request, and the name of its operation, as the `extra` of a log line.

    For example `{"operation": "Me", "trace_id": "0af7…", "span_id": "b7ad…", "user_id": "42"}`.
    """
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
    # The client chooses `x-request-id`: a value with a line break or a quote could forge a log line.
    request_id = context.headers.get("x-request-id", "")
    if _REQUEST_ID.fullmatch(request_id):
        found["request_id"] = request_id
    return found
