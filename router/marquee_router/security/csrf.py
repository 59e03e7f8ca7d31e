"""CSRF protection: refuses what a page of another origin can make a browser send on its user's behalf.

Owns two rules: which POST a browser sends across origins without a preflight, and which page may open a
WebSocket. Must never depend on cookies alone: a browser also sends client certificates, and from inside a
network its address.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from marquee_router.config.model import Cors, Csrf
from marquee_router.errors import RequestError

UPLOAD_FORM: Final = "multipart/form-data"

SIMPLE_MEDIA_TYPES: Final = frozenset({"", "text/plain", "application/x-www-form-urlencoded", UPLOAD_FORM})
"""Media types that a browser sends across origins without a preflight (Fetch standard, "CORS-safelisted")."""


class CsrfRefused(RequestError):
    """A page of another origin could have made a browser send this request."""

    code = "CSRF_PREVENTION"


class CsrfProtection:
    """Refuses POST requests with JSON or files that need no preflight."""

    def __init__(self, settings: Csrf, *, uploads: bool) -> None:
        """`uploads`: True if forms with files are accepted."""
        self._enabled = settings.enabled
        self._preflight_headers = settings.required_headers
        self._uploads = uploads

    def check_post(self, media_type: str, headers: Mapping[str, str]) -> None:
        """Raise `CsrfRefused` for a POST of `media_type` that a foreign page could have sent.

        `media_type` is in lower case and without parameters; header names are in lower case.
        """
        if not self._enabled or media_type not in SIMPLE_MEDIA_TYPES:
            return
        if media_type != UPLOAD_FORM or not self._uploads:
            raise CsrfRefused("Send the request as application/json")
        # An upload form has to be `multipart/form-data`, which needs no preflight. A header of its own does:
        # a foreign page can send `graphql-require-preflight: 1` only after the browser has asked this server.
        if not any(headers.get(name) for name in self._preflight_headers):
            raise CsrfRefused(f"Send one of the headers {', '.join(self._preflight_headers)}")


def origin_may_connect(headers: Mapping[str, str], cors: Cors, *, cookies: bool) -> bool:
    """True if the page that opens this WebSocket may do so; `cookies`: True if subgraphs receive them.

    WebSockets have no preflight, and a browser sends cookies with one from any page. Where cookies count, the
    origin must be allowed by `cors.origins` or be this server's own.
    """
    origin = headers.get("origin")
    if origin is None or not cookies or "*" in cors.origins:
        return True
    return origin in cors.origins or urlsplit(origin).netloc == headers.get("host")
