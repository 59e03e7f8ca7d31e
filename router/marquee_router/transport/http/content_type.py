"""The `Content-Type` of a POST: JSON in UTF-8, or a form with files. Anything else is refused."""

from __future__ import annotations

from collections.abc import Mapping

from marquee_router.config.model import RouterConfig
from marquee_router.security.csrf import UPLOAD_FORM, CsrfProtection
from marquee_router.transport.errors import UnsupportedMediaType

_JSON = "application/json"
_UTF_8 = ("utf-8", "utf8")


class ContentTypes:
    """Accepts the media types that this router reads."""

    def __init__(self, config: RouterConfig) -> None:
        self._uploads = config.http.uploads.enabled
        self._csrf = CsrfProtection(config.csrf, uploads=self._uploads)

    def is_upload(self, headers: Mapping[str, str]) -> bool:
        """True for a form with files, False for JSON; header names are in lower case.

        Raises `CsrfRefused` and `UnsupportedMediaType`.
        """
        content_type = headers.get("content-type", "")
        if content_type == _JSON:  # nearly every request: nothing more to look at
            return False
        media_type, _, parameters = content_type.partition(";")
        media_type = media_type.strip().lower()
        self._csrf.check_post(media_type, headers)
        if media_type == UPLOAD_FORM and self._uploads:
            return True
        if media_type != _JSON:
            raise UnsupportedMediaType("Send the request as application/json")
        for parameter in parameters.split(";"):
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in _UTF_8:
                raise UnsupportedMediaType("Send the request in UTF-8")
        return False
