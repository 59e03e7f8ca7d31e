"""Refusals that only a transport can make: faults of HTTP, not of GraphQL. Their status is always sent."""

from __future__ import annotations

from marquee_router.errors import RequestError, masked_error


class HttpFault(RequestError):
    """The HTTP request itself is wrong; the root of this small tree."""


class MalformedRequest(HttpFault):
    """The body or the query string is no GraphQL request."""

    code = "MALFORMED_REQUEST"


class MethodNotAllowed(HttpFault):
    """The HTTP method does not fit what is asked."""

    code = "METHOD_NOT_ALLOWED"
    default_status = 405


class NotAcceptable(HttpFault):
    """The answer cannot be given in any media type the client accepts."""

    code = "NOT_ACCEPTABLE"
    default_status = 406


class BodyTimeout(HttpFault):
    """The body did not arrive in time."""

    code = "REQUEST_TIMEOUT"
    default_status = 408


class StreamConflict(HttpFault):
    """The reserved event stream is in use."""

    code = "STREAM_CONFLICT"
    default_status = 409


class StreamUnknown(HttpFault):
    """No event stream is reserved under this token."""

    code = "STREAM_UNKNOWN"
    default_status = 404


class BodyTooLarge(HttpFault):
    """The body has more bytes than are read."""

    code = "PAYLOAD_TOO_LARGE"
    default_status = 413
    unread = False
    """Whether more of it may come: the connection must then be closed."""

    def leave_unread(self) -> BodyTooLarge:
        """The same, before the end of the body."""
        self.unread = True
        self.headers = {"connection": "close"}
        return self


class UploadInvalid(HttpFault):
    """The form with files is not as the multipart request specification has it."""

    code = "UPLOAD_INVALID"


class TooManyUploads(HttpFault):
    """This process holds as many files as it may."""

    code = "TOO_MANY_UPLOADS"
    default_status = 503


class UnsupportedMediaType(HttpFault):
    """The body's media type, charset or encoding is not read here."""

    code = "UNSUPPORTED_MEDIA_TYPE"
    default_status = 415


class Fault(RequestError):
    """Something broke inside; the client learns nothing of it."""

    code = "INTERNAL_SERVER_ERROR"
    default_status = 500

    def __init__(self) -> None:
        super().__init__("", errors=(masked_error(),))
