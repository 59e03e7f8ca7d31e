"""A request that offers an upgrade which the server does not take is answered as if it offered none.

RFC 9110 §7.8: a server may ignore the offer. Java's HTTP client and `curl --http2` offer HTTP/2 (`h2c`) with
their first request, also with a POST.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import httptools

_HEADERS_OF_AN_OFFER: Final = frozenset({b"upgrade", b"connection", b"http2-settings"})


def head_without_upgrade(
    parser: httptools.HttpRequestParser, target: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> bytes:
    """The head of the request again, without the offer; a new parser reads it and then the body.

    `parser` has stopped behind the head, because it took what follows for another protocol.
    """
    version = parser.get_http_version().encode()
    lines = [parser.get_method(), b" ", target, b" HTTP/", version, b"\r\n"]
    for name, value in headers:
        if name not in _HEADERS_OF_AN_OFFER:
            lines += (name, b": ", value, b"\r\n")
        elif name == b"connection" and b"close" in value.lower():
            # `Connection: close, Upgrade, HTTP2-Settings` still closes.
            lines.append(b"connection: close\r\n")
    return b"".join((*lines, b"\r\n"))
