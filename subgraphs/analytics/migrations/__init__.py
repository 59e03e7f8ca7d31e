"""The history of the tables of analytics: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from subgraphs.analytics.tables import TABLES
from subgraphs.kit.database import History

HISTORY = History("analytics", TABLES, Path(__file__).parent)
