"""The history of the tables of tickets: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from subgraphs.kit.database import History
from subgraphs.tickets.tables import TABLES

HISTORY = History("tickets", TABLES, Path(__file__).parent)
