"""The one exception of the edge: a request refused before it reaches execution.

Owns the error's code, its HTTP status and its JSON. Must never carry a token, a document or an internal
message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from router.request import Response


class RequestRefused(Exception):
    """The request is not served; `code` is stable, `status` is the HTTP status where a status can be sent.

    `always` tells that the status is kept for `application/json` too: the fault is of HTTP, not of the
    document.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        always: bool = True,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.always = always
        self.headers: Mapping[str, str] = headers or {}
        self.extensions: Mapping[str, Any] = extensions or {}

    def as_error(self) -> dict[str, Any]:
        """The GraphQL error that tells a client why."""
        return {"message": self.message, "extensions": {"code": self.code, **self.extensions}}

    def as_response(self) -> Response:
        """The whole answer."""
        return Response(
            body=orjson.dumps({"errors": [self.as_error()]}),
            has_data=False,
            has_errors=True,
            headers=self.headers,
        )
