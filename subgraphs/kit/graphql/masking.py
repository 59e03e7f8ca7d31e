"""What clients see of errors: refusals with their code, GraphQL errors as they are, faults as
`INTERNAL` with a trace id.

A fault is logged once, here, with its cause; its text never leaves the process.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

from graphql import GraphQLError

from subgraphs.kit.graphql.context import Context
from subgraphs.kit.refusals import Refusal

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
    logger.error(
        "a resolver failed at %s",
        ".".join(str(part) for part in error.path or ()) or "the root",
        exc_info=cause,
        extra={"trace_id": context.trace_id, "operation": operation_name},
    )
    return _with(error, "Something went wrong on our side.", {"code": INTERNAL, "traceId": context.trace_id})


def _with(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
