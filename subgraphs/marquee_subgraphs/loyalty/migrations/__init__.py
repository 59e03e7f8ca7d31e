"""The history of the tables of loyalty: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.loyalty.tables import TABLES

HISTORY = History("loyalty", TABLES, Path(__file__).parent)
