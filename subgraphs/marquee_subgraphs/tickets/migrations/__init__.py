"""The history of the tables of tickets: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.tickets.tables import TABLES

HISTORY = History("tickets", TABLES, Path(__file__).parent)
