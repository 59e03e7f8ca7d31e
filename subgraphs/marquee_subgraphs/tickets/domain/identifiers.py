"""Identifiers as they come from outside: whether a store may be asked for them, and the ids of seats."""

from __future__ import annotations

from typing import Final

_SEPARATOR: Final = ":"
_MOST: Final = 128


def is_askable(text: str) -> bool:
    """Tell whether text may be an identifier at all; no store is asked for control characters or novels."""
    return 0 < len(text) <= _MOST and text.isprintable()


def make_seat_id(showtime_id: str, label: str) -> str:
    """Make the id by which the whole graph knows a seat of a showtime."""
    return f"{showtime_id}{_SEPARATOR}{label}"


def read_seat_id(seat_id: str) -> tuple[str, str] | None:
    """Return the showtime's id and the seat's label; None when it is no seat's id."""
    showtime_id, separator, label = seat_id.partition(_SEPARATOR)
    return (showtime_id, label) if separator and showtime_id and label and is_askable(seat_id) else None
