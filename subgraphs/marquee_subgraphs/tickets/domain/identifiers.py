"""Identifiers from clients: whether a store may be asked for one, and the ids of seats."""

from __future__ import annotations

from typing import Final

_SEPARATOR: Final = ":"
_MOST: Final = 128


def is_askable(text: str) -> bool:
    """True if a text may be an id: 1 to 128 printable characters. Others never reach a store."""
    return 0 < len(text) <= _MOST and text.isprintable()


def make_seat_id(showtime_id: str, label: str) -> str:
    """Return the id of a seat of a showtime in the whole graph: `sht_1:A3`."""
    return f"{showtime_id}{_SEPARATOR}{label}"


def read_seat_id(seat_id: str) -> tuple[str, str] | None:
    """Return the showtime's id and the seat's label; None when it is not the id of a seat."""
    showtime_id, separator, label = seat_id.partition(_SEPARATOR)
    return (showtime_id, label) if separator and showtime_id and label and is_askable(seat_id) else None
