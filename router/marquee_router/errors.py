"""The errors of the router, as one tree. Owns their codes and what clients see of a fault. Knows no HTTP but
status codes.

    RouterError
    ├── RequestError                      the request is refused; nothing (more) of it is executed
    │   ├── DocumentSyntaxError           GRAPHQL_PARSE_FAILED
    │   ├── ValidationFailed              GRAPHQL_VALIDATION_FAILED
    │   ├── OperationUnresolved           OPERATION_RESOLUTION_FAILURE
    │   ├── VariablesInvalid              BAD_USER_INPUT
    │   ├── LimitExceeded                 OPERATION_LIMIT_EXCEEDED
    │   ├── RateLimited                   RATE_LIMITED: too many operations; `Retry-After` has the time
    │   ├── PersistedQueryNotFound        PERSISTED_QUERY_NOT_FOUND
    │   ├── Unauthenticated               UNAUTHENTICATED
    │   ├── Forbidden                     FORBIDDEN
    │   └── OperationUnplannable          QUERY_PLANNING_FAILED
    ├── SubgraphUnavailable               SUBGRAPH_UNAVAILABLE: no usable answer; its fields become null
    │   ├── SubgraphTimeout               SUBGRAPH_TIMEOUT
    │   ├── SubgraphBusy                  SUBGRAPH_BUSY: the bound on calls or an open circuit refused
    │   └── SubgraphReplyInvalid          SUBGRAPH_REPLY_INVALID: HTTP status, size, JSON or shape
    ├── RouterMisconfigured               ROUTER_MISCONFIGURED: found at start or reload, never later
    ├── ConfigError                       INVALID_CONFIGURATION: mistakes in router.yaml (`config`)
    ├── SourceUnreadable                  SUPERGRAPH_UNREADABLE (`serving`)
    ├── GraphError                        SUBGRAPH_LIST_INVALID (`serving`)
    ├── PortTaken                         PORT_TAKEN (`serving`)
    └── WorkersFailed                     WORKERS_FAILED (`serving`)

Codes are stable: clients match on them. Of a fault (anything but these) a client sees
`INTERNAL_SERVER_ERROR` and nothing else; the reason goes to the log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeAlias

from marquee_foundation.errors import MarqueeError

FormattedError: TypeAlias = dict[str, Any]
"""An error as the GraphQL response format has it: `message`, `locations`, `path`, `extensions`."""

MASKED_MESSAGE = "Internal server error"
MASKED_CODE = "INTERNAL_SERVER_ERROR"


class RouterError(MarqueeError):
    """The root of the tree; `code` is what a client finds under `extensions.code`."""

    code: ClassVar[str] = MASKED_CODE


class RequestError(RouterError):
    """The request is refused before execution: an answer without `data`, with these `errors`."""

    code = "BAD_REQUEST"
    default_status: ClassVar[int] = 400

    def __init__(
        self,
        message: str,
        *,
        errors: Sequence[FormattedError] | None = None,
        extensions: Mapping[str, Any] | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = self.default_status if status is None else status
        """The HTTP status under `application/graphql-response+json`."""
        self.headers: Mapping[str, str] = headers or {}
        """Response headers that belong to the refusal (`WWW-Authenticate`, `Retry-After`)."""
        own: FormattedError = {"message": message, "extensions": {"code": self.code, **(extensions or {})}}
        self.errors: tuple[FormattedError, ...] = tuple(errors) if errors else (own,)
        """In the response format, each with `extensions.code`."""


class DocumentSyntaxError(RequestError):
    """The document is not valid GraphQL syntax."""

    code = "GRAPHQL_PARSE_FAILED"


class ValidationFailed(RequestError):
    """The document breaks a validation rule of the API schema."""

    code = "GRAPHQL_VALIDATION_FAILED"


class OperationUnresolved(RequestError):
    """There is no operation named `operationName`, or several without a name to choose by."""

    code = "OPERATION_RESOLUTION_FAILURE"


class VariablesInvalid(RequestError):
    """The variables cannot be coerced to the types that the operation declares."""

    code = "BAD_USER_INPUT"


class LimitExceeded(RequestError):
    """The operation is larger or costlier than the router allows."""

    code = "OPERATION_LIMIT_EXCEEDED"


class RateLimited(RequestError):
    """The client exceeds a rate limit."""

    code = "RATE_LIMITED"
    default_status = 429


class PersistedQueryNotFound(RequestError):
    """The persisted document is unknown; an APQ client sends it again in full."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class Unauthenticated(RequestError):
    """The request needs an identity and has none that is valid."""

    code = "UNAUTHENTICATED"
    default_status = 401


class Forbidden(RequestError):
    """The identity is valid, and not allowed to do this."""

    code = "FORBIDDEN"
    default_status = 403


class OperationUnplannable(RequestError):
    """The operation is valid, but the subgraphs cannot answer it together."""

    code = "QUERY_PLANNING_FAILED"
    default_status = 500


class SubgraphUnavailable(RouterError):
    """A subgraph gave no usable answer; `message` may be shown to clients, `detail` only to the log."""

    code = "SUBGRAPH_UNAVAILABLE"
    public_message: ClassVar[str] = "The subgraph could not be reached"

    def __init__(self, detail: str = "", *, status: int | None = None, retryable: bool = True) -> None:
        super().__init__(detail or self.public_message)
        self.detail = detail
        self.status = status
        """The subgraph's HTTP status, when there was one."""
        self.retryable = retryable
        """Whether a read may be tried again at once."""


class SubgraphTimeout(SubgraphUnavailable):
    """The answer did not arrive in time."""

    code = "SUBGRAPH_TIMEOUT"
    public_message = "The subgraph did not answer in time"


class SubgraphBusy(SubgraphUnavailable):
    """The call was refused on our side: too many in flight, or the circuit is open."""

    code = "SUBGRAPH_BUSY"
    public_message = "The subgraph takes no calls at the moment"


class SubgraphReplyInvalid(SubgraphUnavailable):
    """An answer arrived and is not a GraphQL response."""

    code = "SUBGRAPH_REPLY_INVALID"
    public_message = "The subgraph sent an answer that cannot be read"


class RouterMisconfigured(RouterError):
    """The supergraph, its transports and the options do not fit together."""

    code = "ROUTER_MISCONFIGURED"


def masked_error() -> FormattedError:
    """Return the error that a client sees of a fault."""
    return {"message": MASKED_MESSAGE, "extensions": {"code": MASKED_CODE}}
