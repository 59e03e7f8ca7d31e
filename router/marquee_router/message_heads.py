"""Heads of HTTP messages that need no parsing: the next on a connection is nearly always the same but for the
length of its body.

Owns when two heads mean the same. Must never take for known what a parser might read otherwise.
"""

from __future__ import annotations

import re
from typing import Final, Self

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,7})\r\n", re.IGNORECASE)
_END: Final = b"\r\n\r\n"


class KnownHead:
    """A head that was parsed, on a connection that stayed open."""

    __slots__ = ("_after", "_before", "length")

    def __init__(self, before: bytes, length: bytes, after: bytes) -> None:
        self._before = before
        self.length = length
        """Of its body, as it was written: digits."""
        self._after = after

    @classmethod
    def of(cls, data: bytes, body: bytes) -> Self | None:
        """The head of a message that came as `data`: a head which says its length, and `body`; else None."""
        head = data[: len(data) - len(body)]
        found = _LENGTH.search(head) if head.endswith(_END) and data.endswith(body) else None
        return None if found is None else cls(head[: found.start(1)], found[1], head[found.end(1) :])

    def read(self, data: bytes) -> tuple[bytes, bytes] | None:
        """Length, as written, and body of a whole message with this head; None when `data` may be another."""
        if not data.startswith(self._before):
            return None
        begin = len(self._before)
        end = data.find(b"\r", begin, begin + 8)
        if not data.startswith(self._after, end):
            return None
        length = data[begin:end]
        body = data[end + len(self._after) :]
        return (length, body) if length.isdigit() and int(length) == len(body) else None
