"""How deeply JSON values nest. The encoder writes at most 254 levels; the decoder reads 1,024."""

from __future__ import annotations

from typing import Any, Final

MOST_LEVELS: Final = 64
"""Of a custom scalar, or of the `extensions` of an error, in a response that nests too deeply to be
encoded."""


def nests_deeper(value: Any, levels: int) -> bool:
    """Return True if lists and objects nest in more than `levels` levels."""
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
