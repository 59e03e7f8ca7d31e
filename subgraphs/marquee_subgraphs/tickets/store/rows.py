"""Reading rows into records whose fields stand in the order of the columns. Knows no table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row


def values_of(row: Row[Any]) -> tuple[Any, ...]:
    """Return the row's values; their number is not known to the type checker, nor need it be."""
    return tuple(row)
