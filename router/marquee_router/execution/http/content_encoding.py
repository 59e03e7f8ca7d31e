"""Undoes the content encoding of a response: a subgraph may compress without being asked (RFC 9110, 12.5.3).

Must never let a small response decompress to more than the bound.
"""

from __future__ import annotations

import zlib
from typing import Final

from marquee_router.errors import SubgraphReplyInvalid

_WINDOW_BITS: Final = {b"gzip": 31, b"x-gzip": 31, b"deflate": 15}


def decoded(body: bytes, encoding: bytes, max_bytes: int) -> bytes:
    """Return the decoded body, at most `max_bytes`; raises `SubgraphReplyInvalid`."""
    encoding = encoding.strip().lower()
    if encoding in (b"", b"identity"):
        return body
    window_bits = _WINDOW_BITS.get(encoding)
    if window_bits is None:
        raise SubgraphReplyInvalid(f"an unknown content encoding: {encoding!r}")
    decoder = zlib.decompressobj(window_bits)
    try:
        plain = decoder.decompress(body, max_bytes)
    except zlib.error as error:
        raise SubgraphReplyInvalid(f"not {encoding.decode()}: {error}") from None
    if not decoder.eof:
        what = "too large" if decoder.unconsumed_tail else "cut off"
        raise SubgraphReplyInvalid(f"the answer is {what}", retryable=False)
    return plain
