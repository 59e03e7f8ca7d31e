"""What a PostgreSQL error code means for a transaction. Apart from the driver, which SQLite need not load."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

_RETRIABLE = frozenset({"40001", "40P01"})  # serialisation failure, deadlock


def sqlstate(error: DBAPIError) -> str | None:
    """PostgreSQL's code for the error."""
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def is_retriable(error: DBAPIError) -> bool:
    """Whether the same transaction, run again, may succeed."""
    return sqlstate(error) in _RETRIABLE
