"""The history of the tables of notifications: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.notifications.tables import TABLES

HISTORY = History("notifications", TABLES, Path(__file__).parent)
