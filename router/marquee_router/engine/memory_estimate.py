"""How much memory a prepared operation takes, estimated: what the bounds of caches are counted in.

Measured with `tracemalloc`: an operation takes some 16 KB and 600 bytes for each field of its answer. The
estimate is right within a factor of two, which a bound needs no better.
"""

from __future__ import annotations

from typing import Final

from marquee_router.planning.plan import ResponseSelection

_OPERATION_BYTES: Final = 16_000
_FIELD_BYTES: Final = 600
_CHARACTER_BYTES: Final = 3
"""Of the document: as a key, as it is sent to subgraphs, in error messages."""


def estimated_bytes(text: str, response: ResponseSelection, *, kept_normalised: bool = False) -> int:
    """Bytes of an operation with its compiled plan."""
    fields = _fields(response, set())
    return (
        _OPERATION_BYTES
        + _CHARACTER_BYTES * len(text)
        + _FIELD_BYTES * fields * (2 if kept_normalised else 1)
    )


def _fields(selection: ResponseSelection, seen: set[int]) -> int:
    """Fields per object type; a selection that stands in several places is one object."""
    if id(selection) in seen:
        return 0
    seen.add(id(selection))
    count = 0
    for fields in selection.by_type.values():
        count += len(fields)
        count += sum(_fields(field.selection, seen) for field in fields if field.selection is not None)
    return count
