"""What clients see of errors.

Refusals keep their code, GraphQL errors stay as they are, faults become `INTERNAL` with a trace id, or
`TEMPORARILY_UNAVAILABLE` when they pass by themselves. A fault is logged once, here, with its cause; its text
never leaves the process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

from graphql import GraphQLError

from marquee_subgraphs.kit.faults import TemporarilyUnavailable
from marquee_subgraphs.kit.graphql.context import Context
from marquee_subgraphs.kit.refusals import Refusal

INTERNAL: Final = "INTERNAL"


def show_errors(
    errors: Iterable[GraphQLError],
    context: Context[Any],
    operation_name: str | None,
    logger: logging.Logger,
) -> list[GraphQLError]:
    """Return the errors as clients may see them, each with `extensions.code`."""
    return [_show(error, context, operation_name, logger) for error in errors]


def _show(
    error: GraphQLError, context: Context[Any], operation_name: str | None, logger: logging.Logger
) -> GraphQLError:
    cause = error.original_error
    if isinstance(cause, Refusal):
        return _with(error, cause.message, {"code": cause.code})
    if cause is None or isinstance(cause, GraphQLError):
        if error.extensions and "code" in error.extensions:
            return error
        code = "BAD_USER_INPUT" if error.path else "GRAPHQL_VALIDATION_FAILED"
        return _with(error, error.message, {**(error.extensions or {}), "code": code})
    # From here on it is a fault: its text may contain addresses, SQL or personal data.
    where = ".".join(str(part) for part in error.path or ()) or "the root"
    seen = {"trace_id": context.trace_id, "operation": operation_name}
    if isinstance(cause, TemporarilyUnavailable):
        logger.warning("no answer at %s: %s", where, cause, extra=seen)
        code, message = (
            TemporarilyUnavailable.code,
            "This cannot be answered at the moment. Try again shortly.",
        )
    else:
        logger.error("a resolver failed at %s", where, exc_info=cause, extra=seen)
        code, message = INTERNAL, "Something went wrong on our side."
    return _with(error, message, {"code": code, "traceId": context.trace_id})


def _with(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
