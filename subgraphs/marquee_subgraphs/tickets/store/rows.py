"""Reading rows into records whose fields stand in the order of the columns. Knows no table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row


def values_of(row: Row[Any]) -> tuple[Any, ...]:
    """Return the values of a row, as a tuple of any length for the type checker."""
    return tuple(row)
