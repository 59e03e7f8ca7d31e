"""The history of the tables of payments: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from subgraphs.kit.database import History
from subgraphs.payments.store import TABLES

HISTORY = History("payments", TABLES, Path(__file__).parent)
