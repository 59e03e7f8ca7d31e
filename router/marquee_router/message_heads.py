"""`KnownHead`: heads of HTTP messages that need not be parsed again.

The next head on a connection is nearly always equal to the last one but for `Content-Length`. Owns when two
heads mean the same. Must never recognise a head that a parser could read in another way.
"""

from __future__ import annotations

import re
from typing import Final, Self

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,7})\r\n", re.IGNORECASE)
_END: Final = b"\r\n\r\n"


class KnownHead:
    """A head that was parsed before, on the same connection."""

    __slots__ = ("_after", "_before", "length")

    def __init__(self, before: bytes, length: bytes, after: bytes) -> None:
        self._before = before
        self.length = length
        """The digits of `Content-Length`, as they were sent."""
        self._after = after

    @classmethod
    def of(cls, data: bytes, body: bytes) -> Self | None:
        """Return the head of a message that arrived as `data` and ends with `body`; None without a length."""
        head = data[: len(data) - len(body)]
        found = _LENGTH.search(head) if head.endswith(_END) and data.endswith(body) else None
        return None if found is None else cls(head[: found.start(1)], found[1], head[found.end(1) :])

    def read(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Return length digits and body, if `data` is one whole message with this head; else None."""
        if not data.startswith(self._before):
            return None
        begin = len(self._before)
        end = data.find(b"\r", begin, begin + 8)
        if not data.startswith(self._after, end):
            return None
        length = data[begin:end]
        body = data[end + len(self._after) :]
        return (length, body) if length.isdigit() and int(length) == len(body) else None
