"""`RequestLog`: one log line for each executed operation. Must never log a document or a variable."""

from __future__ import annotations

import logging

from marquee_router.instrumentation import ExecutedOperation
from marquee_router.log_fields import log_fields
from marquee_router.request import RequestContext

logger = logging.getLogger("marquee_router.requests")


class RequestLog:
    """Implements `OperationHook`."""

    def answered(
        self, operation: ExecutedOperation, context: RequestContext, outcome: str, seconds: float
    ) -> None:
        """Log the operation's name, kind, outcome and time, and the ids of its request."""
        logger.info(
            "%s answered",
            operation.kind,
            extra={
                **log_fields(context, operation.name),
                "kind": str(operation.kind),
                "outcome": outcome,
                "seconds": round(seconds, 6),
            },
        )

    def refused(self, code: str) -> None:
        """Refusals are counted, not logged: anybody can cause them."""

    def subscribed(self, name: str | None) -> None:
        """Subscriptions are counted, not logged."""
