"""The history of the tables of showtimes: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.showtimes.tables import TABLES

HISTORY = History("showtimes", TABLES, Path(__file__).parent)
