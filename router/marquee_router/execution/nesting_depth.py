"""How deeply JSON values nest. The encoder writes at most 254 levels, the decoder reads 1,024."""

from __future__ import annotations

from typing import Any, Final

MOST_LEVELS: Final = 64
"""Of a value that a subgraph sends as one leaf, or beside its errors, when the answer would be too deep."""


def nests_deeper(value: Any, levels: int) -> bool:
    """Whether there are lists or objects in more than so many levels."""
    inside = [value]
    for _ in range(levels + 1):
        inside = [item for each in inside for item in _items(each)]
        if not inside:
            return False
    return True


def _items(value: Any) -> Any:
    if value.__class__ is dict:
        return value.values()
    return value if value.__class__ is list else ()
