"""One open SQLite connection and its settings. Its owner must never let two users have it at once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection, Executable, create_engine
from sqlalchemy.pool import StaticPool

from marquee_subgraphs.kit.database.absence import TELLING_ABSENCE
from marquee_subgraphs.kit.database.connection import Parameters, Rows

_OPENING_TIMEOUT_MS = 15_000


def execute_on(connection: Connection, statement: Executable, parameters: Parameters | None) -> Rows:
    """Execute a statement and buffer its rows. Raises `DatabaseAway` when the disk is full."""
    with TELLING_ABSENCE:
        result = connection.execute(statement, parameters)
        rows = result.all() if result.returns_rows else []
    return Rows(rows, result.rowcount)


class SqliteHandle:
    """SQLAlchemy's connection, and the raw one below it, on which transactions begin and end."""

    __slots__ = ("connection", "engine", "raw")

    def __init__(self, path: Path, *, read_only: bool) -> None:
        uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        # The owner passes the connection from the loop to a thread and back, never to both at once.
        self.raw = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        self.raw.execute(f"PRAGMA busy_timeout={_OPENING_TIMEOUT_MS}")
        self.raw.execute("PRAGMA foreign_keys=ON")
        self.raw.execute("PRAGMA cache_size=-8000")
        if read_only:
            self.raw.execute("PRAGMA query_only=ON")
        else:
            self.raw.execute("PRAGMA journal_mode=WAL")
            self.raw.execute("PRAGMA synchronous=FULL")
            # From here on the writer waits for other processes itself: SQLite's own wait would block the
            # loop.
            self.raw.execute("PRAGMA busy_timeout=0")
        self.engine = create_engine(
            "sqlite://",
            creator=lambda: self.raw,
            poolclass=StaticPool,
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,  # an error's text must not bring what people wrote into a log
        )
        self.connection = self.engine.connect()

    def close(self) -> None:
        """Roll back what is open and close."""
        if self.raw.in_transaction:
            self.raw.execute("ROLLBACK")
        self.connection.close()
        self.engine.dispose()
        self.raw.close()
