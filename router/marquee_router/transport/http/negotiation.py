"""Content negotiation: the media type of a response, by the client's `Accept`.

Owns the order of preference. Must never choose a type that the client excludes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import lru_cache


class Media(Enum):
    """A media type of responses; the value is the `Content-Type`."""

    JSON = "application/json; charset=utf-8"
    GRAPHQL_RESPONSE = "application/graphql-response+json; charset=utf-8"
    EVENT_STREAM = "text/event-stream; charset=utf-8"
    MULTIPART = "multipart/mixed"
    HTML = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The media types that a client accepts."""

    answer: Media | None
    """Of a single response: `JSON`, `GRAPHQL_RESPONSE`, or None."""
    stream: Media | None
    """Of a response stream: `EVENT_STREAM`, `MULTIPART`, or None."""
    incremental: str | None
    """The format of incremental responses over multipart, as `deferSpec` or `incrementalSpec` names it; empty
    if the client leaves it open. None: the client reads single responses only.
    """
    page: bool
    """True if HTML is preferred to JSON: the client is a browser that opens the URL."""

    @property
    def refusal(self) -> Media:
        """The media type of errors."""
        return self.answer or Media.JSON


DEFAULT = Accepted(Media.JSON, None, incremental=None, page=False)

_JSON_RANGES = frozenset({"application/json", "application/*", "*/*"})


@lru_cache(maxsize=512)
def negotiate(accept: str | None) -> Accepted:
    """Read an `Accept` value (RFC 9110, 12.5.1); without one the client gets `application/json`."""
    if accept is None or not accept.strip():
        return DEFAULT
    answer: tuple[float, Media] | None = None
    stream: tuple[float, Media] | None = None
    page = 0.0
    incremental: str | None = None
    for entry in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in entry.split(";"))
        # `application/json;q=0` excludes a type, and so does a charset that is not UTF-8.
        quality, charset_known = _read_parameters(parameters)
        if quality <= 0 or not charset_known:
            continue
        if media_range == "application/graphql-response+json":
            answer = _better(answer, quality, Media.GRAPHQL_RESPONSE)
        elif media_range in _JSON_RANGES:
            answer = _better(answer, quality, Media.JSON)
        elif media_range == "text/event-stream":
            stream = _better(stream, quality, Media.EVENT_STREAM)
        elif media_range == "multipart/mixed":
            stream = _better(stream, quality, Media.MULTIPART)
            incremental = incremental or _part_format(parameters)
        elif media_range == "text/html":
            page = max(page, quality)
    return Accepted(
        answer[1] if answer else None,
        stream[1] if stream else None,
        incremental=incremental,
        page=page > 0 and (answer is None or page >= answer[0]),
    )


def _part_format(parameters: list[str]) -> str | None:
    """The format of incremental responses, from the parameters of `multipart/mixed`."""
    found = {
        name.strip(): value.strip().strip('"') for name, _, value in (p.partition("=") for p in parameters)
    }
    named = found.get("deferspec") or found.get("incrementalspec") or found.get("incrementaldeliveryspec")
    if named is not None:
        return named
    return None if "subscriptionspec" in found else ""


def _better(known: tuple[float, Media] | None, quality: float, media: Media) -> tuple[float, Media]:
    return known if known is not None and known[0] >= quality else (quality, media)


def _read_parameters(parameters: list[str]) -> tuple[float, bool]:
    """The quality, and True unless another charset than UTF-8 is named."""
    quality, charset_known = 1.0, True
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
        elif name == "charset":
            charset_known = value.strip('"') in ("utf-8", "utf8")
    return quality, charset_known
