"""The history of the tables of users: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.users.tables import TABLES

HISTORY = History("users", TABLES, Path(__file__).parent)
