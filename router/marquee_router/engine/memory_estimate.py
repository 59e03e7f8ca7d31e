"""Estimates the memory of a prepared operation, for the bounds of caches.

Measured with `tracemalloc`: an operation takes about 16 KB, and 600 bytes for each field of its response. The
estimate is right within a factor of two, which is enough for a bound.
"""

from __future__ import annotations

from typing import Final

from marquee_router.planning.plan import ResponseSelection

_OPERATION_BYTES: Final = 16_000
_FIELD_BYTES: Final = 600
_CHARACTER_BYTES: Final = 3
"""Of the document: it is a cache key, and its parts are sent to subgraphs."""


def estimated_bytes(text: str, response: ResponseSelection, *, kept_normalised: bool = False) -> int:
    """Return the estimated bytes of an operation with its compiled plan."""
    fields = _fields(response, set())
    return (
        _OPERATION_BYTES
        + _CHARACTER_BYTES * len(text)
        + _FIELD_BYTES * fields * (2 if kept_normalised else 1)
    )


def _fields(selection: ResponseSelection, seen: set[int]) -> int:
    """The number of fields, per object type; a selection that several fields share counts once."""
    if id(selection) in seen:
        return 0
    seen.add(id(selection))
    count = 0
    for fields in selection.by_type.values():
        count += len(fields)
        count += sum(_fields(field.selection, seen) for field in fields if field.selection is not None)
    return count
