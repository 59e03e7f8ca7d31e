"""A subgraph's own SQL store: SQLite by default, PostgreSQL in production, SQLAlchemy Core on both.

Must never be shared between subgraphs. `Database` opens and closes it, `Transaction` writes, `Connection`
reads.
"""

from marquee_subgraphs.kit.database.connection import (
    DIALECTS,
    Connection,
    Rows,
    Transaction,
    UnitOfWork,
    insert_into,
    sql_transaction,
)
from marquee_subgraphs.kit.database.database import Database
from marquee_subgraphs.kit.database.errors import (
    DatabaseAway,
    DatabaseBusy,
    DatabaseClosed,
    DatabaseError,
    MigrationsPending,
    NestedTransaction,
    StoreTooNew,
    StoreUnrecognised,
    StoreUnusable,
    TransactionLost,
)
from marquee_subgraphs.kit.database.statements import StatementCounter
from marquee_subgraphs.kit.database.types import (
    AutoIncrement,
    ExactDecimal,
    Json,
    MinorUnits,
    UtcDateTime,
)
from marquee_subgraphs.kit.database.upgrade import History

__all__ = [
    "DIALECTS",
    "AutoIncrement",
    "Connection",
    "Database",
    "DatabaseAway",
    "DatabaseBusy",
    "DatabaseClosed",
    "DatabaseError",
    "ExactDecimal",
    "History",
    "Json",
    "MigrationsPending",
    "MinorUnits",
    "NestedTransaction",
    "Rows",
    "StatementCounter",
    "StoreTooNew",
    "StoreUnrecognised",
    "StoreUnusable",
    "Transaction",
    "TransactionLost",
    "UnitOfWork",
    "UtcDateTime",
    "insert_into",
    "sql_transaction",
]
