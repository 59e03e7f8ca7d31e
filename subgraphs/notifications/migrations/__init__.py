"""The history of the tables of notifications: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from subgraphs.kit.database import History
from subgraphs.notifications.store import TABLES

HISTORY = History("notifications", TABLES, Path(__file__).parent)
