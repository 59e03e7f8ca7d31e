"""What a PostgreSQL error code means for a transaction. Imports no driver: SQLite need not load one."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

_RETRIABLE = frozenset({"40001", "40P01"})  # serialisation failure, deadlock


def sqlstate(error: DBAPIError) -> str | None:
    """Return PostgreSQL's code for the error, if any."""
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else None


def is_retriable(error: DBAPIError) -> bool:
    """Return True if the same transaction may succeed when it is run again."""
    return sqlstate(error) in _RETRIABLE
