"""The history of the tables of movies: one file a revision, forward only. See CONTRIBUTING.md."""

from pathlib import Path

from marquee_subgraphs.kit.database import History
from marquee_subgraphs.movies.tables import TABLES

HISTORY = History("movies", TABLES, Path(__file__).parent)
