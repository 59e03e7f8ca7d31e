"""The history of the tables of analytics: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.analytics.tables import TABLES
from marquee_subgraphs.kit.database import History

HISTORY = History("analytics", TABLES, Path(__file__).parent)
