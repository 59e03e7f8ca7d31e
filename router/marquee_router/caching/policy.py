"""`CachePolicy`: how long something may be kept, and by whom. Knows HTTP's words for it, and no schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """What is said of an answer or of a part of it."""

    max_age: int | None = None
    """Seconds; 0: not at all; None: nothing is said."""
    is_private: bool = False
    """Whether it is for one user only."""

    def restricted(self, other: CachePolicy) -> CachePolicy:
        """What holds for both together: the shorter time, and private when either is."""
        if other.max_age is None:
            max_age = self.max_age
        else:
            max_age = other.max_age if self.max_age is None else min(self.max_age, other.max_age)
        return CachePolicy(max_age, self.is_private or other.is_private)

    @property
    def header(self) -> str:
        """As a value of `Cache-Control`."""
        if not self.max_age:
            return "no-store"
        return f"max-age={self.max_age}, {'private' if self.is_private else 'public'}"


UNSAID: Final = CachePolicy()


def parse_cache_control(value: str) -> CachePolicy:
    """Read a `Cache-Control` of a response (RFC 9111, section 5.2.2).

    A time for shared caches goes before the general one. What cannot be read says nothing.
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
