"""Faults of the SQL store, masked for clients.

DatabaseError
├── DatabaseBusy       another process kept the write lock too long
├── DatabaseClosed     used after `close`
├── NestedTransaction  a task asked for a second transaction, and would wait for itself: a bug
└── TransactionLost    the commit failed, or the store rolled it back; nothing of it was kept
"""

from __future__ import annotations


class DatabaseError(Exception):
    """A fault of the SQL store."""

    code = "DATABASE_ERROR"


class DatabaseBusy(DatabaseError):
    """Another process kept the write lock longer than the busy timeout."""

    code = "DATABASE_BUSY"


class DatabaseClosed(DatabaseError):
    """The database was used after it was closed."""

    code = "DATABASE_CLOSED"


class NestedTransaction(DatabaseError):
    """A task that has a transaction open asked the same database for another, and would wait for itself."""

    code = "NESTED_TRANSACTION"


class TransactionLost(DatabaseError):
    """The store could not commit; nothing of the transaction was kept."""

    code = "TRANSACTION_LOST"
