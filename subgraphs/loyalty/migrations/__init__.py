"""The history of the tables of loyalty: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from subgraphs.kit.database import History
from subgraphs.loyalty.tables import TABLES

HISTORY = History("loyalty", TABLES, Path(__file__).parent)
