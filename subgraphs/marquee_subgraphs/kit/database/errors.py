"""Faults of the SQL store, masked for clients.

DatabaseError
├── DatabaseBusy       another process kept the write lock too long
├── DatabaseAway       it cannot be reached, or has no room, for now; clients may try again
├── DatabaseClosed     used after `close`
├── NestedTransaction  a task asked for a second transaction, and would wait for itself: a bug
├── TransactionLost    the commit failed, or the store rolled it back; nothing of it was kept
└── StoreUnusable      the tables are not those that this code works on
    ├── MigrationsPending  they are older, and it was asked not to migrate them
    ├── StoreTooNew        a newer release changed them
    └── StoreUnrecognised  no release made them
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_foundation.errors import MarqueeError
from marquee_subgraphs.kit.faults import TemporarilyUnavailable


class DatabaseError(MarqueeError):
    """A fault of the SQL store."""

    code = "DATABASE_ERROR"


class DatabaseBusy(DatabaseError):
    """Another process kept the write lock longer than the busy timeout."""

    code = "DATABASE_BUSY"


class DatabaseAway(DatabaseError, TemporarilyUnavailable):
    """The store cannot be reached, is starting, or is full. Whether a commit was made is not known."""

    code = "DATABASE_AWAY"


class DatabaseClosed(DatabaseError):
    """The database was used after it was closed."""

    code = "DATABASE_CLOSED"


class NestedTransaction(DatabaseError):
    """A task that has a transaction open asked the same database for another: it would wait for itself."""

    code = "NESTED_TRANSACTION"


class TransactionLost(DatabaseError, TemporarilyUnavailable):
    """The store could not commit; nothing of the transaction was kept, and it may be tried again."""

    code = "TRANSACTION_LOST"


class StoreUnusable(DatabaseError):
    """The tables are not those that this code needs; the message says what to do."""

    code = "STORE_UNUSABLE"


class MigrationsPending(StoreUnusable):
    """The tables are older than the code, and migrating was not allowed."""

    code = "MIGRATIONS_PENDING"

    def __init__(self, message: str, standings: Sequence[str]) -> None:
        super().__init__(message)
        self.standings = tuple(standings)
        """Where the store stands in each history, as `tickets 0001 → 0002`."""


class StoreTooNew(StoreUnusable):
    """A newer release changed the tables so that this code cannot use them."""

    code = "STORE_TOO_NEW"


class StoreUnrecognised(StoreUnusable):
    """The tables lack columns that every release has."""

    code = "STORE_UNRECOGNISED"
