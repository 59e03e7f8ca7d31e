"""A subgraph's own SQL store: SQLite by default, PostgreSQL in production, SQLAlchemy Core on both.

Must never be shared between subgraphs. `Database` opens and closes it, `Transaction` writes, `Connection`
reads.
"""

from subgraphs.kit.database.connection import (
    DIALECTS,
    Connection,
    Rows,
    Transaction,
    UnitOfWork,
    insert_into,
    sql_transaction,
)
from subgraphs.kit.database.database import Database, StatementCounter
from subgraphs.kit.database.errors import (
    DatabaseBusy,
    DatabaseClosed,
    DatabaseError,
    NestedTransaction,
    TransactionLost,
)
from subgraphs.kit.database.types import (
    AutoIncrement,
    ExactDecimal,
    Json,
    MinorUnits,
    UtcDateTime,
)

__all__ = [
    "DIALECTS",
    "AutoIncrement",
    "Connection",
    "Database",
    "DatabaseBusy",
    "DatabaseClosed",
    "DatabaseError",
    "ExactDecimal",
    "Json",
    "MinorUnits",
    "NestedTransaction",
    "Rows",
    "StatementCounter",
    "Transaction",
    "TransactionLost",
    "UnitOfWork",
    "UtcDateTime",
    "insert_into",
    "sql_transaction",
]
