"""`Change`: one difference between two supergraphs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeLevel(StrEnum):
    """Whom a change affects."""

    BREAKING = "breaking"
    """An operation that was valid is refused, or loses data it had."""
    DANGEROUS = "dangerous"
    """Every operation stays valid, but a client may meet what it does not expect."""
    SAFE = "safe"
    """No client notices before it asks for it."""
    INTERNAL = "internal"
    """Who answers changed; clients see nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference; `code` is stable, such as `FIELD_REMOVED`."""

    level: ChangeLevel
    code: str
    message: str
