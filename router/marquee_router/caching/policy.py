"""`CachePolicy`: how long a reply may be kept, and by whom; as `Cache-Control` of HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """How long an answer, or a part of one, may be kept."""

    max_age: int | None = None
    """In seconds; 0: not at all; None: not given."""
    is_private: bool = False
    """True if it is for one user only."""

    def restricted(self, other: CachePolicy) -> CachePolicy:
        """The policy of both together: the shorter time, and private if either is."""
        if other.max_age is None:
            max_age = self.max_age
        else:
            max_age = other.max_age if self.max_age is None else min(self.max_age, other.max_age)
        return CachePolicy(max_age, self.is_private or other.is_private)

    @property
    def header(self) -> str:
        """The value of `Cache-Control`."""
        if not self.max_age:
            return "no-store"
        return f"max-age={self.max_age}, {'private' if self.is_private else 'public'}"


UNSAID: Final = CachePolicy()


def parse_cache_control(value: str) -> CachePolicy:
    """Read the `Cache-Control` of a response (RFC 9111, 5.2.2).

    `s-maxage` takes precedence over `max-age`, because the router is a shared cache. What cannot be read is
    ignored.
    """
    max_age: int | None = None
    shared: int | None = None
    is_private = False
    for part in value.split(","):
        name, _, argument = part.strip().partition("=")
        match name.strip().lower():
            case "no-store" | "no-cache":
                return CachePolicy(0, is_private or "private" in value.lower())
            case "private":
                is_private = True
            case "max-age":
                max_age = _seconds(argument)
            case "s-maxage":
                shared = _seconds(argument)
    return CachePolicy(max_age if shared is None else shared, is_private)


def _seconds(argument: str) -> int | None:
    text = argument.strip().strip('"')
    return int(text) if text.isascii() and text.isdigit() else None
