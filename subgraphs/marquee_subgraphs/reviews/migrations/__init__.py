"""The history of the tables of reviews: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.reviews.tables import TABLES

HISTORY = History("reviews", TABLES, Path(__file__).parent)
