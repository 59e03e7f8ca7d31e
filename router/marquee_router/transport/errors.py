"""The refusals of a transport: errors of HTTP, not of GraphQL. Their status is sent for every media type.

RequestError
├── HttpFault             the HTTP request is wrong
│   ├── MalformedRequest      MALFORMED_REQUEST, 400
│   ├── MethodNotAllowed      METHOD_NOT_ALLOWED, 405
│   ├── NotAcceptable         NOT_ACCEPTABLE, 406
│   ├── BodyTimeout           REQUEST_TIMEOUT, 408
│   ├── StreamConflict        STREAM_CONFLICT, 409
│   ├── StreamUnknown         STREAM_UNKNOWN, 404
│   ├── BodyTooLarge          PAYLOAD_TOO_LARGE, 413
│   ├── UploadInvalid         UPLOAD_INVALID, 400
│   ├── TooManyUploads        TOO_MANY_UPLOADS, 503
│   └── UnsupportedMediaType  UNSUPPORTED_MEDIA_TYPE, 415
└── Fault                 INTERNAL_SERVER_ERROR, 500: masked for the client
"""

from __future__ import annotations

from marquee_router.errors import RequestError, masked_error


class HttpFault(RequestError):
    """The HTTP request is wrong; the root of these refusals."""


class MalformedRequest(HttpFault):
    """The body or the query string is not a GraphQL request."""

    code = "MALFORMED_REQUEST"


class MethodNotAllowed(HttpFault):
    """The HTTP method is not allowed for this request."""

    code = "METHOD_NOT_ALLOWED"
    default_status = 405


class NotAcceptable(HttpFault):
    """The client accepts no media type that the response can have."""

    code = "NOT_ACCEPTABLE"
    default_status = 406


class BodyTimeout(HttpFault):
    """The body did not arrive in time."""

    code = "REQUEST_TIMEOUT"
    default_status = 408


class StreamConflict(HttpFault):
    """The reserved event stream, or the operation id on it, is in use."""

    code = "STREAM_CONFLICT"
    default_status = 409


class StreamUnknown(HttpFault):
    """No event stream is reserved under this token."""

    code = "STREAM_UNKNOWN"
    default_status = 404


class BodyTooLarge(HttpFault):
    """The body is larger than allowed."""

    code = "PAYLOAD_TOO_LARGE"
    default_status = 413
    unread = False
    """True if more of it may arrive: then the connection must be closed."""

    def leave_unread(self) -> BodyTooLarge:
        """Mark that the rest of the body was not read; returns itself."""
        self.unread = True
        self.headers = {"connection": "close"}
        return self


class UploadInvalid(HttpFault):
    """The form with files breaks the GraphQL multipart request specification."""

    code = "UPLOAD_INVALID"


class TooManyUploads(HttpFault):
    """This process holds its maximum of files."""

    code = "TOO_MANY_UPLOADS"
    default_status = 503


class UnsupportedMediaType(HttpFault):
    """The media type, charset or encoding of the body is not supported."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    default_status = 415


class Fault(RequestError):
    """An unexpected fault; the client gets no detail of it."""

    code = "INTERNAL_SERVER_ERROR"
    default_status = 500

    def __init__(self) -> None:
        super().__init__("", errors=(masked_error(),))
