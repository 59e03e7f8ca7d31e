"""The history of the tables of payments: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.payments.tables import TABLES

HISTORY = History("payments", TABLES, Path(__file__).parent)
